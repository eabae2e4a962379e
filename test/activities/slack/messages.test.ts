import { describe, expect, test } from '@jest/globals';
import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  string,
  type Arbitrary,
} from 'fast-check';
import { readButton } from '../../../activities/slack/buttonValue.js';
import { incidentMessage } from '../../../activities/slack/incidentMessage.js';
import { pageMessage } from '../../../activities/slack/pageMessage.js';
import type { SlackContent } from '../../../activities/slack/post.js';
import { timelineMessage } from '../../../activities/slack/timelineMessage.js';
import { blockProblems } from '../../../sandbox/slack/blocks.js';
import type { IncidentPhase } from '../../../workflows/incident/types.js';
import { page } from '../paging.js';
import { entries, incident, OPENED } from './view.js';

const KEY = 'k'.repeat(32);

interface Button {
  action_id: string;
  value: string;
  text: { text: string };
}

/** Buttons of a message in their order, wherever they stand. */
const buttons = ({ blocks }: SlackContent): Button[] =>
  blocks.flatMap((block) => {
    const { accessory, elements } = block as { accessory?: Button; elements?: { type: string }[] };
    const row = (elements ?? []).filter(({ type }) => type === 'button');
    return [...(accessory ? [accessory] : []), ...(row as unknown as Button[])];
  });

const labels = (content: SlackContent): string[] => buttons(content).map(({ text }) => text.text);
const everything = ({ text, blocks }: SlackContent): string => JSON.stringify([text, blocks]);

/** All that Slack looks for mentions and links in; plain text is none of it. */
function formatted({ text, blocks }: SlackContent): string {
  const found = [text];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { type, text: inside } = value as { type?: unknown; text?: unknown };
    if (type === 'mrkdwn') found.push(String(inside));
    for (const one of Object.values(value)) collect(one);
  };
  collect(blocks);
  return found.join('\n');
}
/** What nobody who writes a label may bring about. */
const LOUD = /<!(?!date\^)|<@|@(channel|here|everyone)/i;
const NASTY = '<!channel> @here & <@U0ADA> *x* `y` |';

describe('a page', () => {
  test('says what, where on the ladder and since when, and can be answered', () => {
    const content = pageMessage({ key: 'k', pages: [page({ url: 'https://ui.example/w', level: 1 })] }, KEY);
    expect(blockProblems(content.blocks)).toEqual([]);
    expect(content.text).toBe('[P1] Checkout is down');
    expect(everything(content)).toContain('No order since 10:02.');
    expect(everything(content)).toContain('Level 2 · paged <!date^');
    expect(everything(content)).toContain('<https://ui.example/w|incident/shop/checkout/0123456789abcdef>');
    expect(buttons(content).map(({ action_id: id, value }) => [id, readButton(value, [KEY])])).toEqual([
      ['incident_acknowledge', { i: page().incident, a: 'acknowledge', l: 1, t: page().at }],
      ['incident_escalate', { i: page().incident, a: 'escalate', l: 1, t: page().at }],
    ]);
  });

  test('without a key it says how to answer', () => {
    const content = pageMessage({ key: 'k', pages: [page()] }, undefined);
    expect(buttons(content)).toEqual([]);
    expect(everything(content)).toContain('belay incident ack incident/shop/checkout/0123456789abcdef');
  });

  test('several pages are a list, urgent ones first, with a button for the first five and a count', () => {
    const pages = Array.from({ length: 30 }, (_, n) =>
      page({ incident: `incident/shop/r/${n}`, title: `Alert ${n}`, urgent: n === 29, at: OPENED + n }),
    );
    const content = pageMessage({ key: 'k', pages }, KEY);
    expect(blockProblems(content.blocks)).toEqual([]);
    expect(content.text).toBe('[P1] Alert 29 and 29 more');
    expect(buttons(content).map(({ value }) => readButton(value, [KEY])?.i)).toEqual(
      [29, 0, 1, 2, 3].map((n) => `incident/shop/r/${n}`),
    );
    expect(everything(content)).toContain('Alert 18');
    expect(everything(content)).not.toContain('Alert 19');
    expect(everything(content)).toContain('… and 10 more');
  });

  test.each([1, 2, 7, 100])('%i pages of the longest and nastiest kind stay within the limits', (count) => {
    const pages = Array.from({ length: count }, () =>
      page({
        ...{
          title: NASTY.repeat(20),
          text: `${NASTY}\n`.repeat(60),
          severity: NASTY,
          incident: `i${'&'.repeat(1_000)}`,
        },
        url: `https://x.example/?${'a&b|<>'.repeat(100)}`,
      }),
    );
    for (const key of [KEY, undefined]) {
      const content = pageMessage({ key: 'k', pages }, key);
      expect(blockProblems(content.blocks)).toEqual([]);
      expect(formatted(content)).not.toMatch(LOUD);
    }
  });
});

describe('the message of an incident', () => {
  test('shows where it stands, with the facts', () => {
    const content = incidentMessage(incident(), KEY);
    expect(blockProblems(content.blocks)).toEqual([]);
    expect(content.text).toBe('[P1] triggered: Checkout is down');
    const all = everything(content);
    expect(all).toContain(':rotating_light: P1 triggered · Checkout is down');
    expect(all).toContain('*Level*\\n1 (On call), next <!date^');
    expect(all).toContain('*Owner*\\nnobody yet');
    expect(all).toContain('*Alerts firing*\\n1');
    expect(all).toContain('*CheckoutDown* No order for 3 minutes');
    expect(all).toContain('<https://runbooks.example/checkout|Restart the checkout>');
    expect(buttons(content).map(({ value }) => readButton(value, [KEY]))).toEqual([
      { i: incident().incident, a: 'start', l: 0, t: OPENED, r: 'restart' },
      { i: incident().incident, a: 'acknowledge', l: 0, t: OPENED },
      { i: incident().incident, a: 'escalate', l: 0, t: OPENED },
      { i: incident().incident, a: 'resolve', l: 0, t: OPENED },
    ]);
  });

  test.each<[IncidentPhase, string[]]>([
    ['triggered', ['Start restart', 'Acknowledge', 'Escalate', 'Resolve']],
    ['acknowledged', ['Start restart', 'Escalate', 'Resolve']],
    ['snoozed', ['Start restart', 'Acknowledge', 'Escalate', 'Resolve']],
    ['resolved', []],
    ['merged', []],
  ])('%s has the buttons %j', (phase, expected) => {
    expect(labels(incidentMessage(incident({ phase, ackedAt: OPENED, resolvedAt: OPENED }), KEY))).toEqual(expected);
  });

  test.each<[IncidentPhase, boolean]>([
    ['triggered', true],
    ['resolved', false],
  ])('without a key, %s: says how to act is %s', (phase, says) => {
    const content = incidentMessage(incident({ phase }), undefined);
    expect(labels(content)).toEqual([]);
    expect(everything(content).includes('belay incident ack')).toBe(says);
  });

  test('says that nobody answered, that an alert flaps, and what was done', () => {
    const all = everything(
      incidentMessage(
        incident({
          ...{ exhausted: true, flapping: true, reopened: 2, owner: 'ada', storm: 'incident/shop/storm' },
          checklist: [{ step: 'Contain', doneBy: 'ada', doneAt: OPENED }, { step: 'Preserve evidence' }],
          runs: [{ workflowId: 'w', runbook: 'restart', by: 'ada', at: OPENED, outcome: 'completed' }],
          lastUpdate: { text: 'We are on it', by: 'ada', at: OPENED },
          clocks: [{ phase: 'acknowledge', dueAt: OPENED, emitted: [100], breachedAt: OPENED }],
        }),
        KEY,
      ),
    );
    expect(all).toContain('Nobody has answered');
    expect(all).toContain('Flapping');
    expect(all).toContain('Reopened 2 times');
    expect(all).toContain(':white_check_mark: Contain (ada)');
    expect(all).toContain(':white_large_square: Preserve evidence');
    expect(all).toContain('restart completed, started by ada');
    expect(all).toContain('We are on it — ada');
    expect(all).toContain(':x: acknowledge by');
  });

  test('a title of 200 characters and 100 alerts stay within the limits, and what is left out is counted', () => {
    const alerts = Array.from({ length: 100 }, (_, n) => ({
      ...{ name: `Alert${n} ${'n'.repeat(200)}`, status: n < 60 ? 'resolved' : 'firing', since: OPENED },
      summary: '<&>'.repeat(500),
    }));
    const content = incidentMessage(incident({ title: '<&>'.repeat(66) + 'ab', alerts, firing: 40 }), KEY);
    expect(blockProblems(content.blocks)).toEqual([]);
    expect(everything(content)).toContain('… and 90 more alerts');
    expect(everything(content)).toContain('Alert60');
    expect(everything(content)).not.toContain('Alert0 ');
  });

  test('whatever stands in it, Slack takes it and nobody is called by it', () => {
    const words = oneof(string({ maxLength: 3_000 }), constantFrom(NASTY.repeat(40), '', ' ', '🚨'.repeat(900)));
    const at = integer({ min: 0, max: 4e12 });
    const list = <T>(one: Arbitrary<T>) => array(one, { maxLength: 60 });
    const view = record({
      ...{ title: words, severity: words, service: words, owner: words, levelName: words, incident: words, url: words },
      phase: constantFrom<IncidentPhase>('triggered', 'acknowledged', 'snoozed', 'resolved', 'merged'),
      ...{
        openedAt: at,
        ackedAt: at,
        resolvedAt: at,
        snoozedUntil: at,
        nextLevelAt: at,
        mergedInto: words,
        storm: words,
      },
      ...{
        exhausted: boolean(),
        flapping: boolean(),
        reopened: nat(),
        level: integer({ min: -1, max: 12 }),
      },
      alerts: list(record({ name: words, status: constantFrom('firing', 'resolved'), summary: words, since: at })),
      suggested: list(record({ title: words, url: words, runbook: words })),
      checklist: list(record({ step: words, doneBy: words })),
      runs: list(record({ workflowId: words, runbook: words, by: words, at, outcome: words, summary: words })),
      clocks: list(record({ phase: words, dueAt: at, emitted: array(constantFrom(50, 80, 100)), breachedAt: at })),
      lastUpdate: record({ text: words, by: words, at }),
    });
    assert(
      property(view, (more) => {
        const content = incidentMessage(incident(more), KEY);
        expect(blockProblems(content.blocks)).toEqual([]);
        expect(formatted(content)).not.toMatch(LOUD);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a reply with the timeline', () => {
  test('has an entry per line, with the time and who', () => {
    const content = timelineMessage([
      { n: 1, at: OPENED, kind: 'action', text: 'severity', before: 'P2', after: 'P1', actor: { id: 'x', via: 'cli' } },
    ]);
    expect(content.blocks).toHaveLength(1);
    expect(everything(content)).toContain('severity (P2 → P1) — x (cli)');
  });

  test.each([0, 1, 40, 500])('%i entries stay within the limits', (count) => {
    const content = timelineMessage(entries(count, 1, NASTY.repeat(50)));
    expect(blockProblems(content.blocks)).toEqual([]);
    expect(formatted(content)).not.toMatch(LOUD);
    expect(everything(content).includes('460 earlier entries')).toBe(count === 500);
  });
});
