import { describe, expect, test } from '@jest/globals';
import type { IncidentView, TimelineEntry } from '../../../workflows/incident/types.js';
import { MAX_TEXT } from '../../../workflows/postmortem/desk.js';
import { renderDraft } from '../../../workflows/postmortem/draft.js';
import { factsIn } from '../../../workflows/postmortem/facts.js';
import { withoutBulk } from '../../../workflows/postmortem/input.js';
import { openQuestions } from '../../../workflows/postmortem/questions.js';
import { missingIn, plain, span, toFill } from '../../../workflows/postmortem/text.js';
import { entriesIn, merged, selected } from '../../../workflows/postmortem/timeline.js';
import { draftInput, entries, entry, facts, T0, view } from './samples.js';

describe('the draft', () => {
  const text = renderDraft(draftInput());

  test('has figures that count from the opening, and the lag before it', () => {
    expect(text).toContain('| Opened | 2026-11-21 03:02:00 UTC, 2 min after the first alert |');
    expect(text).toContain('| First page | 2026-11-21 03:04:00 UTC, 2 min after the opening |');
    expect(text).toContain('| First answer of a person | 2026-11-21 03:08:00 UTC, 6 min after the opening |');
    expect(text).toContain('| Ended | 2026-11-21 04:02:00 UTC, 60 min after the opening |');
    expect(text).toContain('| Targets missed | 1 of 2 |');
  });

  test('has every entry with time, kind, text and actor', () => {
    expect(text).toContain('| 2026-11-21 03:08:00 UTC | action | ada has acknowledged | ada (slack) |');
    for (const one of entries) expect(text).toContain(`| ${one.kind} | ${one.text} |`);
  });

  test('asks people for what only they know, and guesses no cause', () => {
    const missing = missingIn(text);
    expect(missing).toEqual(expect.arrayContaining(['users, customers, teams', 'what helped', 'actions']));
    expect(missing).toHaveLength(9);
    expect(text).toMatch(/## What was the cause\n\n\[to be filled in: /);
  });

  test('is the same for the same facts', () => {
    expect(renderDraft(draftInput())).toBe(text);
  });

  test('text of alerts and people stays text', () => {
    const hostile = '| x | [click](http://evil) <script> [to be filled in: nothing]\n## Heading';
    const drawn = renderDraft(draftInput({ title: hostile, entries: [entry(0, 'alert', hostile)] }));
    expect(drawn).not.toMatch(/(?<!\\)<script/);
    expect(drawn).not.toContain('\n## Heading');
    expect(drawn.split('\n').filter((line) => line.includes('click') && /[^\\]\|\s*x/.test(line))).toEqual([]);
    expect(missingIn(drawn)).toEqual(missingIn(text));
  });

  test('of a huge incident fits what people may send back', () => {
    const many = Array.from({ length: 5_000 }, (_, n) =>
      entry(n, n % 10 === 0 ? 'action' : 'alert', 'x'.repeat(1_000)),
    );
    const alerts = Array.from({ length: 5_000 }, () => ({ name: 'a'.repeat(200), status: 'firing', since: T0 }));
    const drawn = renderDraft(draftInput({ entries: many, view: view({ alerts }) }));
    expect(drawn.length).toBeLessThan(MAX_TEXT);
    expect(drawn).toContain('4800 alerts and pages are left out here.');
  });

  test('says which parts of the timeline it has not seen', () => {
    const drawn = renderDraft(draftInput({ stored: ['file:///a', 'file:///b'], unread: ['file:///b'] }));
    expect(drawn).toContain('Earlier parts are kept at: file:///a, file:///b');
    expect(drawn).toContain('Not readable when this was written, and missing above: file:///b');
  });
});

describe('open questions', () => {
  const cases: [string, Partial<IncidentView>, TimelineEntry[], RegExp][] = [
    ['a missed target', {}, [], /"resolve" missed its target/],
    ['nobody answered', { firstHumanAckAt: undefined as never }, [], /No person acknowledged it/],
    ['an exhausted ladder', { exhausted: true }, [], /The ladder was exhausted/],
    ['a late source', { triggeredAt: T0 - 600_000 }, [], /began 12 min before/],
    ['an empty level', {}, [entry(1, 'ladder', 'Level 2: bob is away')], /03:03:00 UTC: Level 2: bob is away/],
    ['a page that failed', {}, [entry(1, 'page', 'ada could not be told by sms')], /could not be told by sms/],
    [
      'a run that failed',
      { runs: [{ workflowId: 'r', runbook: 'rollback', by: 'ada', at: T0, outcome: 'RolledBack' }] },
      [],
      /rollback \(r\) ended as RolledBack/,
    ],
    [
      'a run without an end',
      { runs: [{ workflowId: 'r', runbook: 'scale', by: 'ada', at: T0 }] },
      [],
      /scale \(r\) has not told its end/,
    ],
    ['a step not ticked', { checklist: [{ step: 'Isolate' }] }, [], /Not ticked: Isolate/],
    ['a reopened one', { reopened: 2 }, [], /reopened 2 times/],
    ['alerts that still fire', { firing: 3 }, [], /3 of its alerts were still firing/],
    ['noise', { noise: 'falsePositive' }, [], /marked as falsePositive/],
  ];

  test.each(cases)('%s', (_, more, list, wanted) => {
    const lines = openQuestions({ view: view(more), entries: list, stored: [] });
    expect(lines.filter((line) => wanted.test(line))).toHaveLength(1);
  });

  test('none when all went well', () => {
    const clocks = view().clocks.slice(0, 1);
    expect(openQuestions({ view: view({ clocks }), entries, stored: [] })).toEqual([]);
  });

  test('many of one kind are counted', () => {
    const list = Array.from({ length: 30 }, (_, n) => entry(n, 'page', 'ada could not be told by sms'));
    const lines = openQuestions({ view: view(), entries: list, stored: [] });
    expect(lines.filter((line) => line.includes('could not be told'))).toHaveLength(10);
    expect(lines).toContain('and 20 more messages that did not arrive');
  });
});

describe('pieces of text', () => {
  test.each([
    [0, '0 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_140_000, '119 min'],
    [7_500_000, '2 h 05 min'],
    [200_000_000, '2 d 7 h'],
  ])('%i ms is %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });

  test('plain never cuts a character in half, and is one line', () => {
    expect(plain('ab\u{1F600}cd', 4)).toBe('ab…');
    expect(plain('a\n b\tc')).toBe('a b c');
  });

  test('a place to fill in is found, an escaped one is not', () => {
    expect(missingIn(`${toFill('a')} \\[to be filled in: b] ${toFill('c')}`)).toEqual(['a', 'c']);
  });
});

describe('parts of a timeline', () => {
  test.each([
    ['a list', JSON.stringify(entries), entries.length],
    ['an object with entries', JSON.stringify({ incident: 'x', entries }), entries.length],
    ['things that are no entries', JSON.stringify([{ n: 1 }, null, 'x']), 0],
  ])('%s', (_, body, length) => {
    expect(entriesIn(body)).toHaveLength(length);
  });

  test.each(['', '{', '"x"', '{"a":1}'])('%j holds none', (body) => {
    expect(entriesIn(body)).toBeUndefined();
  });

  test('overlapping parts are merged in order, each entry once', () => {
    const [a, b, c] = [entry(0, 'alert', 'a'), entry(1, 'alert', 'b'), entry(2, 'alert', 'c')];
    expect(
      merged([
        [b, c],
        [a, b],
      ]),
    ).toEqual([a, b, c]);
  });

  test('what people did is kept, alerts give way from the middle', () => {
    const list = [...Array.from({ length: 20 }, (_, n) => entry(n, 'alert', String(n))), entry(20, 'action', 'ack')];
    const { shown, omitted } = selected(list, 5);
    expect(shown.map(({ n }) => n)).toEqual([0, 1, 18, 19, 20]);
    expect(omitted).toBe(16);
  });

  test('too much of what people did loses its middle', () => {
    const list = Array.from({ length: 20 }, (_, n) => entry(n, 'action', String(n)));
    const { shown, omitted } = selected(list, 5);
    expect(shown.map(({ n }) => n)).toEqual([0, 1, 2, 18, 19]);
    expect(omitted).toBe(15);
  });
});

describe('facts', () => {
  test('of a report', () => {
    const { view: seen, entries: timeline } = facts();
    expect(factsIn({ incident: seen, timeline, stored: ['s', 1] })).toEqual({ view: seen, entries, stored: ['s'] });
  });

  test.each([[null], [{}], [{ incident: 'incident/x' }], [{ incident: {} }]])('%j has none', (report) => {
    expect(factsIn(report)).toBeUndefined();
  });

  test('too many to pass through the input are left for the incident to tell', () => {
    const small = { incident: 'i', facts: facts() };
    const many = Array.from({ length: 400 }, (_, n) => entry(n, 'alert', 'x'.repeat(900)));
    expect(withoutBulk(small)).toBe(small);
    expect(withoutBulk({ incident: 'i', facts: { ...facts(), entries: many } })).toEqual({ incident: 'i' });
    expect(withoutBulk(null)).toBeNull();
  });
});
