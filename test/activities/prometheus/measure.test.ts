import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { CancelledFailure } from '@temporalio/common';
import { createPrometheusActivities } from '../../../activities/prometheus/index.js';
import { environment, inActivity } from '../http/inActivity.js';
import { serve, type Served } from '../http/serve.js';

const { measure } = createPrometheusActivities();

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function answered(handler: RequestListener, timeoutSeconds = 5) {
  served = await serve(handler);
  return inActivity(measure, { url: `${served.url}/prom/`, query: 'up{job="a b"}', timeoutSeconds });
}

const success = (data: unknown) => answered((_, res) => res.end(JSON.stringify({ status: 'success', data })));
const series = (value: string, metric = {}) => ({ metric, value: [1_700_000_000.123, value] });

describe('measure', () => {
  test('asks with a form below the given base URL, with the timeout', async () => {
    let seen = '';
    const result = await answered((req, res) => {
      seen = `${req.method} ${req.url} ${req.headers['content-type']} `;
      req.on('data', (chunk) => (seen += String(chunk)));
      req.on('end', () => res.end('{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'));
    });
    expect(seen).toBe(
      'POST /prom/api/v1/query application/x-www-form-urlencoded query=up%7Bjob%3D%22a+b%22%7D&timeout=5s',
    );
    expect(result).toEqual({ kind: 'value', value: 2 });
  });

  test.each([
    ['0.0042', 0.0042],
    ['1e-7', 1e-7],
    ['-3', -3],
    ['0', 0],
  ])('one series of %s is a value', async (text, value) => {
    expect(await success({ resultType: 'vector', result: [series(text)] })).toEqual({ kind: 'value', value });
  });

  test.each<[string, unknown, string, string]>([
    ['NaN', { resultType: 'vector', result: [series('NaN')] }, 'NaN', '0/0'],
    ['+Inf', { resultType: 'scalar', result: [1, '+Inf'] }, 'notANumber', '+Inf'],
    ['-Inf', { resultType: 'vector', result: [series('-Inf')] }, 'notANumber', '-Inf'],
    ['nothing', { resultType: 'vector', result: [] }, 'empty', 'no series'],
    [
      'two series',
      { resultType: 'vector', result: [series('1', { pod: 'a' }), series('2', { pod: 'b' })] },
      'severalSeries',
      '2 series, aggregate them to one: {pod="a"} {pod="b"}',
    ],
    ['a range', { resultType: 'matrix', result: [] }, 'notANumber', 'matrix'],
    ['a string', { resultType: 'string', result: [1, '5'] }, 'notANumber', 'string'],
    ['a histogram', { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }, 'notANumber', 'histogram'],
  ])('%s is no verdict', async (_, data, why, detail) => {
    const result = await success(data);
    expect(result).toMatchObject({ kind: 'noVerdict', why });
    expect(result).toHaveProperty('detail', expect.stringContaining(detail));
  });

  test.each<[string, number, string, string]>([
    [
      'bad PromQL',
      400,
      '{"status":"error","errorType":"bad_data","error":"1:3: parse error: unclosed parenthesis"}',
      'refused the query (bad_data): 1:3: parse error: unclosed parenthesis',
    ],
    ['a proxy’s page', 502, '<html>Bad Gateway</html>', 'got HTTP 502: "<html>Bad Gateway</html>"'],
    ['another API', 200, '{"hello":"world"}', 'Not an answer of the Prometheus query API'],
    [
      'a value with a wrong status',
      500,
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      'HTTP 500',
    ],
    ['a flood', 200, `"${'x'.repeat(1_100_000)}"`, 'larger than 1 MB'],
  ])('%s is an error', async (_, status, body, detail) => {
    const result = await answered((_req, res) => res.writeHead(status).end(body));
    expect(result).toEqual({ kind: 'error', detail: expect.stringContaining(detail) });
  });

  test('no answer in time, and one that breaks off, are errors', async () => {
    const late = await answered(() => undefined, 0.05);
    expect(late).toEqual({ kind: 'error', detail: 'Prometheus: no answer within 0.05 s.' });
    await served?.close();
    const broken = await answered(
      (_, res) => res.writeHead(200, { 'content-length': '100' }).write('{') && res.socket?.destroy(),
    );
    expect(broken).toMatchObject({ kind: 'error' });
  });

  test('a refused connection is an error', async () => {
    const gone = await serve(() => undefined);
    await gone.close();
    const result = await inActivity(measure, { url: gone.url, query: 'up', timeoutSeconds: 1 });
    expect(result).toEqual({ kind: 'error', detail: `Prometheus: connection refused by ${gone.host}.` });
  });

  test('a cancellation is thrown, not turned into a measurement', async () => {
    const context = environment();
    served = await serve(() => context.cancel('CANCELLED'));
    const input = { url: served.url, query: 'up', timeoutSeconds: 30 };
    await expect(context.run(measure, input)).rejects.toBeInstanceOf(CancelledFailure);
  });
});
