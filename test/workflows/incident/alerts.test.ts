import { describe, expect, test } from '@jest/globals';
import type { AlertFact, IncidentPhase } from '../../../workflows/incident/types.js';
import { take, tick } from '../../../workflows/incident/machine.js';
import { MIN, Played, samplePlan, T0 } from './samples.js';

const [S1, S2] = [T0 - 10 * MIN, T0 - 5 * MIN];
type Status = AlertFact['status'];

describe('a merged incident', () => {
  test('listens while its alerts fire, and ends after them', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: T0 });
    played.do({ type: 'merge', into: 'incident/shop/other' });
    const { repeatSeconds, reopenSeconds } = played.plan.incidents;
    expect(played.state.closesAt).toBe(played.now + repeatSeconds * 1_000);
    played.to(5).alerts({ fingerprint: 'a', startsAt: T0, summary: 'again' });
    played.to(6).alerts({ fingerprint: 'a', startsAt: T0, status: 'resolved' });
    expect(played.state).toMatchObject({ phase: 'merged', closesAt: played.now + reopenSeconds * 1_000 });
  });
});

describe('signals out of order and repeated', () => {
  test.each<[string, [Status, number][], Status, number, IncidentPhase]>([
    [
      'a late end of an earlier episode is left aside',
      [
        ['firing', S2],
        ['resolved', S1],
      ],
      'firing',
      S2,
      'triggered',
    ],
    [
      'a late firing of an ended episode is left aside',
      [
        ['firing', S1],
        ['resolved', S1],
        ['firing', S1],
      ],
      'resolved',
      S1,
      'resolved',
    ],
    [
      'a later episode reopens',
      [
        ['firing', S1],
        ['resolved', S1],
        ['firing', S2],
      ],
      'firing',
      S2,
      'triggered',
    ],
    [
      'an end seen twice is one',
      [
        ['firing', S1],
        ['resolved', S1],
        ['resolved', S1],
      ],
      'resolved',
      S1,
      'resolved',
    ],
    [
      'a later episode without an end between them is the present one',
      [
        ['firing', S1],
        ['firing', S2],
        ['resolved', S1],
      ],
      'firing',
      S2,
      'triggered',
    ],
  ])('%s', (_, course, status, startsAt, phase) => {
    const played = new Played();
    course.forEach(([one, at], index) => {
      played.now += 1_000;
      played.turn((turn) =>
        take(turn, {
          type: 'alerts',
          deliveryId: String(index),
          source: 'am',
          receivedAt: played.now,
          alerts: [{ fingerprint: 'a', status: one, startsAt: at, name: 'A', severity: 'P1', labels: {} }],
        }),
      );
    });
    expect(played.state.alerts['a']).toMatchObject({ status, startsAt });
    expect(played.state.phase).toBe(phase);
  });

  test('a firing with the start of an episode that ended long ago is true: its source had lost sight of it', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 });
    played.alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1, endsAt: played.now });
    const again = (deliveryId: string) =>
      played.turn((turn) =>
        take(turn, {
          type: 'alerts',
          deliveryId,
          source: 'am',
          receivedAt: played.now,
          alerts: [{ fingerprint: 'a', status: 'firing', startsAt: S1, name: 'A', severity: 'P1', labels: {} }],
        }),
      );
    played.now += 9 * MIN;
    again('same');
    expect(played.state.phase).toBe('resolved');
    played.now += 2 * MIN;
    again('same');
    expect(played.state.phase).toBe('triggered');
  });

  test('a delivery that comes twice is taken once', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 }).alerts({ fingerprint: 'a', startsAt: S1 });
    expect(played.state.timeline.filter(({ kind }) => kind === 'alert')).toHaveLength(1);
  });

  test('an end that was never seen firing opens nothing and ends nothing', () => {
    const played = new Played().alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1 });
    expect(played.state.alerts).toEqual({});
    expect(played.state.phase).toBe('triggered');
  });

  test('what is missing from a delivery is not resolved; the last end resolves the incident', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 }, { fingerprint: 'b', startsAt: S1 });
    played.alerts({ fingerprint: 'b', startsAt: S2 });
    expect(played.state.alerts['a']?.status).toBe('firing');
    played.alerts({ fingerprint: 'b', status: 'resolved', startsAt: S2 });
    expect(played.state.phase).toBe('triggered');
    played.alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1 });
    expect([played.state.phase, played.state.resolvedBy]).toEqual(['resolved', 'source']);
  });

  test('what cannot be read changes nothing and stands in the timeline', () => {
    const played = new Played();
    for (const event of [
      null,
      7,
      'ack',
      {},
      { type: 'acknowledge' },
      { type: 'alerts' },
      { type: 'snooze', actor: 'x', until: 'soon' },
    ])
      played.turn((turn) => take(turn, event));
    expect(played.state.phase).toBe('triggered');
    expect(played.state.timeline.filter(({ text }) => text.includes('could not be read'))).toHaveLength(7);
  });
});

describe('the end, and after it', () => {
  test('the same fault within the window reopens it, with its timeline, and pages from the first level', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 });
    played.do({ type: 'acknowledge' });
    played.to(5).alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1 });
    played.to(10).alerts({ fingerprint: 'a', startsAt: played.now });
    expect([played.state.phase, played.state.reopened]).toEqual(['triggered', 1]);
    expect(played.to(11).pages()).toEqual(['0 ada', '10 ada']);
    expect(played.state.firstHumanAckAt).toBe(T0);
  });

  test('it closes when the window has passed', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 });
    played.alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1 });
    expect(played.state.closesAt).toBe(T0 + 15 * MIN);
  });

  test('resolved by a person while it fires: said so, kept for a repeat of the source, and not opened anew by the same episode', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 });
    expect(played.do({ type: 'resolve' }).answer).toContain('still fire');
    expect(played.state.closesAt).toBe(T0 + 240 * MIN);
    played.turn((turn) =>
      take(turn, {
        type: 'alerts',
        deliveryId: 'repeat',
        source: 'am',
        receivedAt: 0,
        alerts: [{ fingerprint: 'a', status: 'firing', startsAt: S1, name: 'A', severity: 'P1', labels: {} }],
      }),
    );
    expect(played.state.phase).toBe('resolved');
    played.alerts({ fingerprint: 'a', status: 'resolved', startsAt: S1 });
    expect(played.state.closesAt).toBe(T0 + 15 * MIN);
    expect(played.state.firstHumanAckAt).toBe(T0);
  });

  test.each(['acknowledge', 'resolve', 'escalate', 'snooze'] as const)(
    'after the end %s is refused, and changes nothing',
    (type) => {
      const played = new Played();
      played.do({ type: 'resolve' });
      const before = structuredClone(played.state);
      expect(played.do({ type, expectedLevel: 0, until: T0 + MIN })).toMatchObject({
        accepted: false,
        code: 'ALREADY_RESOLVED',
      });
      expect(played.state).toEqual(before);
    },
  );

  test('a repeat of an action gets the first answer', () => {
    const played = new Played();
    const first = played.do({ type: 'resolve', requestId: 'click' });
    expect(played.do({ type: 'resolve', requestId: 'click' })).toEqual(first);
  });
});

describe('flapping', () => {
  const flap = (played: Played, from: number, times: number) => {
    for (let i = 0; i < times; i++) {
      played.to(from + i * 2).alerts({ fingerprint: 'a', startsAt: T0 + (from + i * 2) * MIN });
      played.to(from + i * 2 + 1).alerts({ fingerprint: 'a', status: 'resolved', startsAt: T0 + (from + i * 2) * MIN });
    }
  };

  test('four changes within half an hour page nobody any more, until it is stable', () => {
    const played = new Played();
    flap(played, 0, 3);
    expect(played.state.flapping).toBe(true);
    const pages = played.pages().length;
    played.to(18).alerts({ fingerprint: 'a', startsAt: played.now });
    expect(played.to(30).pages()).toHaveLength(pages);
    played.to(34);
    expect(played.state.flapping).toBe(false);
    expect(played.pages().length).toBeGreaterThan(pages);
  });
});

describe('joining an answered incident', () => {
  const answered = (change?: Parameters<typeof samplePlan>[0]) => {
    const played = new Played(samplePlan(change), { severity: 'P2' }).alerts({
      fingerprint: 'a',
      severity: 'P2',
      name: 'A',
    });
    played.do({ type: 'acknowledge' });
    return played.to(2);
  };

  test('an alert of the same kind or severity is silent, a worse one raises the severity and pages', () => {
    const played = answered().alerts({ fingerprint: 'b', severity: 'P2', name: 'B' });
    expect(played.state.phase).toBe('acknowledged');
    played.alerts({ fingerprint: 'c', severity: 'P1', name: 'C' });
    expect([played.state.phase, played.state.severity]).toEqual(['triggered', 'P1']);
    expect(played.to(3).pages()).toEqual(['0 ada', '2 ada']);
  });

  test('a policy may page for every new kind, but not again within the cool-down', () => {
    const played = answered((incidents) =>
      Object.assign(incidents.policies['critical'] ?? {}, { repageOnNewAlert: 'always' }),
    );
    played.alerts({ fingerprint: 'b', severity: 'P2', name: 'B' });
    expect(played.pages()).toEqual(['0 ada', '2 ada']);
    played.do({ type: 'acknowledge' });
    played.to(3).alerts({ fingerprint: 'c', severity: 'P2', name: 'C' });
    expect(played.pages()).toEqual(['0 ada', '2 ada']);
  });
});

describe('several incidents as one', () => {
  test('a merged one passes on alerts and actions, and pages nobody', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: S1 });
    expect(played.do({ type: 'merge', into: 'incident/shop/x' })).toMatchObject({ code: 'SAME' });
    played.do({ type: 'merge', into: 'incident/shop/y' });
    played.to(20).alerts({ fingerprint: 'b', startsAt: S2 });
    played.do({ type: 'acknowledge' });
    expect(played.of('send').map(({ incident, event }) => [incident, event.type])).toEqual([
      ['incident/shop/y', 'child'],
      ['incident/shop/y', 'alerts'],
      ['incident/shop/y', 'acknowledge'],
    ]);
    expect(played.pages()).toEqual(['0 ada']);
  });

  test('a storm pages for all; its children page nobody and inherit the answer', () => {
    const child = new Played(samplePlan(), { storm: 'incident/shop/storm' }).to(100);
    expect(child.pages()).toEqual([]);
    const storm = new Played(samplePlan(), { isStorm: true });
    const join = (incident: string) =>
      storm.turn((turn) =>
        take(turn, { type: 'child', deliveryId: incident, incident, title: incident, receivedAt: 0 }),
      );
    join('incident/shop/1');
    join('incident/shop/1');
    storm.do({ type: 'acknowledge' });
    join('incident/shop/2');
    expect(storm.of('send').map(({ incident, event }) => [incident, event.type])).toEqual([
      ['incident/shop/1', 'acknowledge'],
      ['incident/shop/2', 'acknowledge'],
    ]);
    child.do({ type: 'acknowledge' }, { id: 'ada', via: 'storm' });
    expect(child.state.firstHumanAckAt).toBeUndefined();
  });
});

test('a level whose people cannot be reached at all is left at once', () => {
  const played = new Played().to(1);
  played.turn((turn) =>
    take(turn, {
      type: 'paged',
      deliveryId: 'x',
      person: 'ada',
      channel: 'pages',
      outcome: 'unreachable',
      at: played.now,
    }),
  );
  played.turn(tick);
  expect(played.pages()).toEqual(['0 ada', '1 bob']);
});
