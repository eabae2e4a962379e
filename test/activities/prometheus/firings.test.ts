import { describe, expect, test } from '@jest/globals';
import { FoldFirings } from '../../../activities/prometheus/foldFirings.js';
import { createAlertReviewActivities } from '../../../activities/prometheus/index.js';
import { heldLevel, isSourceOf } from '../../../activities/prometheus/levels.js';
import { comparisonOf } from '../../../activities/prometheus/rules.js';
import { inActivity } from '../http/inActivity.js';
import { serve } from '../http/serve.js';

const alert = (more = {}) => ({ __name__: 'ALERTS', alertstate: 'firing', alertname: 'Slow', ...more });
const at = (...instants: number[]): [number, string][] => instants.map((one) => [one, '1']);

describe('firings from samples', () => {
  const fold = (pieces: [number, string][][], limits = { series: 9, firings: 9 }) => {
    const folding = new FoldFirings(10, limits);
    for (const values of pieces) folding.add([{ metric: alert(), values }]);
    return { firings: folding.end(1_000, (one) => one % 7)[0]?.firings, cut: folding.cut };
  };

  test.each([
    ['one sample is a firing of one step', [at(100)], [[100, 110]]],
    ['samples in a row are one', [at(100, 110, 120)], [[100, 130]]],
    [
      'a gap makes two',
      [at(100, 110, 130)],
      [
        [100, 120],
        [130, 140],
      ],
    ],
    ['over the end of a piece', [at(990 - 20, 990 - 10), at(990)], [[970, 1_000]]],
    ['the end is not after the span', [at(995)], [[995, 1_000]]],
    ['instants with fractions', [at(100, 110.001, 119.999)], [[100, 129.999]]],
  ])('%s', (_, pieces, expected) => {
    expect(fold(pieces).firings?.map(([start, end]) => [start, end])).toEqual(expected);
  });

  test('label sets are told apart, whatever the order of their labels', () => {
    const folding = new FoldFirings(10, { series: 9, firings: 9 });
    folding.add([{ metric: { a: '1', b: '2' }, values: at(100) }]);
    folding.add([
      { metric: { b: '2', a: '1', alertstate: 'firing' }, values: at(110) },
      { metric: { a: '1', b: '3' }, values: at(110) },
    ]);
    expect(folding.end(1_000, () => 5)).toEqual([
      { labels: { a: '1', b: '2' }, firings: [[100, 120, 5]] },
      { labels: { a: '1', b: '3' }, firings: [[110, 120, 5]] },
    ]);
  });

  test('more than the limits is cut, and said', () => {
    expect(fold([at(100, 200, 300)], { series: 9, firings: 2 })).toMatchObject({ cut: true });
    expect(fold([at(100)], { series: 0, firings: 2 })).toMatchObject({ cut: true });
    expect(fold([at(100)])).toMatchObject({ cut: false });
  });
});

test.each([
  ['errors > 5', { left: 'errors', op: '>', value: 5 }],
  ['sum by (a) (rate(x[5m])) / 2 >= 0.05', { left: 'sum by (a) (rate(x[5m])) / 2', op: '>=', value: 0.05 }],
  ['balance < -1e3', { left: 'balance', op: '<', value: -1_000 }],
  ['up == 0', undefined],
  ['a > b', undefined],
  ['a > bool 1', undefined],
  ['a > 1 and b > 2', undefined],
  ['absent(up)', undefined],
])('comparison of %s', (query, expected) => {
  expect(comparisonOf(query)).toEqual(expected);
});

test.each([
  [[1, 5, 4, 6, 2], 1, '>' as const, 6],
  [[1, 5, 4, 6, 2], 3, '>' as const, 4],
  [[9, 3, 4, 8], 2, '<' as const, 4],
  [[1, Number.NaN, 3], 2, '>' as const, null],
  [[1], 2, '>' as const, null],
])('level that %j hold over %d looks: %p', (values, window, op, expected) => {
  expect(heldLevel(values, window, op)).toBe(expected);
});

test('values are those of the series that the alert came from', () => {
  expect(isSourceOf({ __name__: 'errors', pod: 'a' }, { alertname: 'Slow', pod: 'a' })).toBe(true);
  expect(isSourceOf({ pod: 'b' }, { alertname: 'Slow', pod: 'a' })).toBe(false);
});

describe('range queries, piece by piece', () => {
  const { readFirings } = createAlertReviewActivities();
  const input = { timeoutSeconds: 5, match: { team: 'a"b' }, timeZone: 'Europe/Berlin', stepSeconds: 10 };
  const success = (result: unknown) => JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });

  test('too much at once is asked for in halves; none is asked for twice', async () => {
    const asked: URLSearchParams[] = [];
    const served = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        asked.push(form);
        const [start, end] = [Number(form.get('start')), Number(form.get('end'))];
        if ((end - start) / 10 > 3_000) {
          const error = 'query processing would load too many samples into memory in query execution';
          response.writeHead(422).end(JSON.stringify({ status: 'error', errorType: 'execution', error }));
          return;
        }
        const values = at(start);
        response.end(success([{ metric: alert(), values }]));
      });
    });
    try {
      const from = 1_700_000_000;
      const found = await inActivity(readFirings, { ...input, url: served.url, from, to: from + 60_000 });
      expect(asked[0]?.get('query')).toBe('ALERTS{alertstate="firing",team=~"a\\"b"}');
      const pieces = asked.filter((form) => (Number(form.get('end')) - Number(form.get('start'))) / 10 <= 3_000);
      const instants = pieces.flatMap((form) => {
        const points = (Number(form.get('end')) - Number(form.get('start'))) / 10 + 1;
        return Array.from({ length: points }, (_, one) => Number(form.get('start')) + one * 10);
      });
      expect(instants).toEqual(Array.from({ length: 6_001 }, (_, one) => from + one * 10));
      // 2023-11-14 was a Tuesday; 22:13:20 UTC is 23:13 in Berlin.
      expect(found.series[0]?.firings[0]).toEqual([from, from + 10, 1_440 + 23 * 60 + 13]);
    } finally {
      await served.close();
    }
  });

  test.each([
    ['bad PromQL', 400, '{"status":"error","errorType":"bad_data","error":"parse error"}', 'PrometheusRefused'],
    ['a page', 404, '<html>', 'PrometheusRefused'],
    ['a proxy that is down', 502, 'Bad Gateway', 'PrometheusUnavailable'],
    [
      'too much, even in small pieces',
      503,
      '{"status":"error","errorType":"timeout","error":"x"}',
      'PrometheusUnavailable',
    ],
  ])('%s', async (_, status, body, type) => {
    const served = await serve((_request, response) => void response.writeHead(status).end(body));
    try {
      const span = { from: 1_700_000_000, to: 1_700_000_000 + 600 };
      await expect(inActivity(readFirings, { ...input, ...span, url: served.url })).rejects.toMatchObject({ type });
    } finally {
      await served.close();
    }
  });

  test('a zone that there is not is refused', async () => {
    const wrong = { ...input, timeZone: 'Mars/Olympus', url: 'http://127.0.0.1:1', from: 0, to: 10 };
    await expect(inActivity(readFirings, wrong)).rejects.toThrow('is no time zone');
  });
});
