import { describe, expect, test } from '@jest/globals';
import { opensAt } from '../../../workflows/incident/ladder.js';
import { MIN, Played, samplePlan, T0 } from './samples.js';

describe('the ladder', () => {
  test('pages each level at its time after the opening, repeats the last one, and is exhausted aloud', () => {
    const played = new Played().to(200);
    expect(played.pages()).toEqual(['0 ada', '15 bob', '30 cyd', '60 dee', '75 dee', '90 dee', '105 cyd']);
    expect(played.state.exhausted).toBe(true);
    expect(
      played
        .of('tell')
        .some(({ title, channels }) => title.startsWith('Nobody answers') && channels.includes('bosses')),
    ).toBe(true);
    expect(played.to(2_000).pages()).toHaveLength(7);
  });

  test.each([
    [16, ['0 ada', '16 bob']],
    [31, ['0 ada', '31 cyd']],
    [1_000, ['0 ada', '1000 dee']],
  ])('after an outage until minute %i the highest level that is due is paged once', (minute, pages) => {
    expect(new Played().jump(minute).pages()).toEqual(pages);
  });

  test('after an outage the next levels keep their own times', () => {
    expect(new Played().jump(16).to(61).pages()).toEqual(['0 ada', '16 bob', '30 cyd', '60 dee']);
  });

  test('an acknowledgement stops it and recalls what may still ring', () => {
    const played = new Played().to(20);
    expect(played.do({ type: 'acknowledge' })).toMatchObject({ accepted: true });
    expect(played.of('recall')).toEqual([{ type: 'recall', people: ['ada', 'bob'], why: 'ada has acknowledged' }]);
    expect(played.to(70).pages()).toEqual(['0 ada', '15 bob']);
  });

  test('an answer at the very instant of a deadline comes first', () => {
    const played = new Played();
    played.now = T0 + 15 * MIN;
    played.do({ type: 'acknowledge' });
    expect(played.to(40).pages()).toEqual(['0 ada']);
  });

  test('a level that leads to nobody is left at once; all of them lead to the fallback, once', () => {
    const played = new Played();
    played.absent = ['bob'];
    expect(played.to(40).pages()).toEqual(['0 ada', '15 cyd']);
    const nobody = new Played(samplePlan(), {});
    nobody.absent = ['ada', 'bob', 'dee'];
    nobody.do({ type: 'escalate', expectedLevel: 0 });
    nobody.do({ type: 'reassign', to: 'critical' });
    nobody.to(1);
    expect(nobody.pages().at(-1)).toBe('0 cyd');
    const empty = new Played(
      samplePlan((incidents) => {
        Object.assign(incidents.policies['critical'] ?? {}, { fallback: [{ person: 'bob' }] });
      }),
    );
    empty.absent = ['ada', 'bob', 'cyd', 'dee'];
    empty.do({ type: 'reassign', to: 'critical' });
    const before = empty.of('page').length;
    empty.to(10);
    expect(empty.of('page').length).toBe(before + 5);
  });

  test('a person may escalate once from the level that they see', () => {
    const played = new Played().to(5);
    expect(played.do({ type: 'escalate', expectedLevel: 0 })).toMatchObject({ accepted: true });
    expect(played.do({ type: 'escalate', expectedLevel: 0 })).toMatchObject({
      accepted: false,
      code: 'ALREADY_ESCALATED',
    });
    expect(played.to(31).pages()).toEqual(['0 ada', '5 bob', '30 cyd']);
  });

  test('after the last level nobody can escalate', () => {
    expect(new Played().to(61).do({ type: 'escalate', expectedLevel: 3 })).toMatchObject({ code: 'LAST_LEVEL' });
  });

  test('somebody paged on a level of several stays paged until they answer', () => {
    const played = new Played(samplePlan(), { policy: 'both' });
    played.do({ type: 'acknowledge' });
    expect(played.of('recall').at(-1)?.people).toEqual(['ada']);
    played.do({ type: 'acknowledge' }, { id: 'bob', via: 'slack', person: 'bob' });
    expect(played.of('recall').at(-1)?.people).toEqual(['bob']);
    expect(played.state.owner).toBe('ada');
  });

  test('a mild level waits for business hours, and a page that resolves by itself in time is none', () => {
    const played = new Played(samplePlan(), { severity: 'P3' }).to(1);
    expect(played.pages()).toEqual([]);
    expect(played.to(61).pages()).toEqual(['2 ada']);
    expect(played.of('opening')).toEqual([{ type: 'opening', level: 1, at: T0 + 60 * MIN }]);
    played.turn((turn) => opensAt(turn, 1, T0 + 300 * MIN));
    expect(played.to(301).pages()).toEqual(['2 ada', '300 cyd']);
  });
});

describe('severity', () => {
  test('a worse one is planned from the original opening, and pages what is due by now', () => {
    const played = new Played(samplePlan(), { severity: 'P3' }).to(40);
    expect(played.do({ type: 'setSeverity', severity: 'P1' })).toMatchObject({ accepted: true });
    expect(played.to(61).pages()).toEqual(['2 ada', '40 cyd', '60 dee']);
  });

  test('a milder one cancels nothing that was sent', () => {
    const played = new Played().to(16);
    played.do({ type: 'setSeverity', severity: 'P2' });
    expect(played.of('recall')).toEqual([]);
    expect(played.to(31).pages()).toEqual(['0 ada', '15 bob', '30 cyd']);
  });

  test('an unknown one is refused with those that there are', () => {
    expect(new Played().do({ type: 'setSeverity', severity: 'P9' })).toMatchObject({
      code: 'UNKNOWN_SEVERITY',
      answer: expect.stringContaining('P1, P2, P3'),
    });
  });
});

describe('after an answer', () => {
  test('silence is asked about, then taken for a no: the ladder goes on in a new window', () => {
    const played = new Played().to(10);
    played.do({ type: 'acknowledge' });
    expect(played.to(70).pages()).toEqual(['0 ada', '70 ada']);
    expect(played.to(80).pages()).toEqual(['0 ada', '70 ada', '80 ada']);
    expect(played.to(96).pages().at(-1)).toBe('95 bob');
  });

  test('any activity of a person begins the time anew', () => {
    const played = new Played().to(10);
    played.do({ type: 'acknowledge' });
    played.to(60).do({ type: 'note', text: 'restarting the database' });
    expect(played.to(119).pages()).toEqual(['0 ada']);
    expect(played.to(121).pages()).toEqual(['0 ada', '120 ada']);
  });

  test('a second person is noted and does not take it over', () => {
    const played = new Played();
    played.do({ type: 'acknowledge' });
    expect(played.do({ type: 'acknowledge' }, { id: 'bob', via: 'cli' }).answer).toContain('ada has it already');
    expect(played.state.owner).toBe('ada');
  });

  test('a machine stops the ladder, and is no response of a person', () => {
    const played = new Played().to(1);
    played.do({ type: 'acknowledge' }, { id: 'PagerDuty', via: 'pagerduty' });
    expect(played.state.firstHumanAckAt).toBeUndefined();
    expect(played.to(20).pages()).toEqual(['0 ada']);
    played.do({ type: 'acknowledge' });
    expect(played.state.firstHumanAckAt).toBe(T0 + 20 * MIN);
  });

  test('reassigning pages the person, restarts that window, and refuses a stale click', () => {
    const played = new Played().to(5);
    played.do({ type: 'acknowledge' });
    expect(played.do({ type: 'reassign', to: 'bob', expectedOwner: 'cyd' })).toMatchObject({ code: 'OWNER_CHANGED' });
    expect(played.do({ type: 'reassign', to: 'bob', expectedOwner: 'ada' })).toMatchObject({ accepted: true });
    expect(played.to(21).pages()).toEqual(['0 ada', '5 bob', '20 bob']);
    expect(played.do({ type: 'reassign', to: 'zed' })).toMatchObject({ code: 'UNKNOWN_TARGET' });
  });

  test('a snooze is only made longer, ends aloud, and gives way to a worse severity', () => {
    const played = new Played(samplePlan(), { severity: 'P2' }).to(1);
    const at = (minutes: number) => T0 + minutes * MIN;
    expect(played.do({ type: 'snooze', until: at(0) })).toMatchObject({ code: 'IN_THE_PAST' });
    played.do({ type: 'snooze', until: at(100) });
    expect(played.do({ type: 'snooze', until: at(50) })).toMatchObject({ code: 'SHORTER' });
    expect(played.to(99).pages()).toEqual(['0 ada']);
    expect(played.to(101).pages()).toEqual(['0 ada', '100 ada']);
    played.do({ type: 'snooze', until: at(300) });
    played.to(110).do({ type: 'setSeverity', severity: 'P1' });
    expect(played.state.phase).toBe('triggered');
    expect(played.to(111).pages().at(-1)).toBe('110 ada');
  });
});
