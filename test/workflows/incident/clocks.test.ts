import { describe, expect, test } from '@jest/globals';
import { figuresOf } from '../../../workflows/incident/figures.js';
import { viewOf } from '../../../workflows/incident/view.js';
import { MIN, Played, samplePlan, T0 } from './samples.js';

const clocks = (played: Played) =>
  played.state.timeline.filter(({ kind }) => kind === 'clock').map(({ at, text }) => `${(at - T0) / MIN} ${text}`);

describe('time targets', () => {
  test('half, most and all of the time are each told once, a miss to the stakeholders too', () => {
    const played = new Played().to(40);
    expect(clocks(played)).toEqual([
      '0.5 "acknowledge": 50 % of 1 min are gone',
      '0.8 "acknowledge": 80 % of 1 min are gone',
      '1 "acknowledge" has missed its target of 1 min',
      '15 "resolve": 50 % of 30 min are gone',
      '24 "resolve": 80 % of 30 min are gone',
      '30 "resolve" has missed its target of 30 min',
    ]);
    expect(
      played
        .of('tell')
        .filter(({ title }) => title.includes('over its target'))
        .map(({ channels }) => channels),
    ).toEqual([['bosses'], ['bosses']]);
  });

  test('a miss found late is told once, as late', () => {
    const played = new Played().jump(100);
    expect(clocks(played)).toEqual([
      '100 "acknowledge" has missed its target of 1 min (found 99 min late)',
      '100 "resolve" has missed its target of 30 min (found 70 min late)',
    ]);
    expect(clocks(played.to(200))).toHaveLength(2);
  });

  test('an answer ends the first clock, the end all of them', () => {
    const played = new Played();
    played.now = T0 + 30_000;
    played.do({ type: 'acknowledge' });
    played.to(2);
    expect(clocks(played)).toEqual([]);
    played.do({ type: 'resolve' });
    expect(clocks(played.to(100))).toEqual([]);
    expect(figuresOf(played.state)).toMatchObject({
      acknowledgedMs: 30_000,
      resolvedMs: 2 * MIN,
      pages: 1,
      missed: [],
    });
  });

  test('the fault is dated by its source, the answer counts from the opening', () => {
    const played = new Played().alerts({ fingerprint: 'a', startsAt: T0 - 3 * MIN });
    played.to(1).do({ type: 'acknowledge' });
    expect(figuresOf(played.state)).toMatchObject({ detectionMs: 3 * MIN, acknowledgedMs: MIN });
  });
});

describe('status updates', () => {
  const updates = (played: Played) =>
    played.state.timeline
      .filter(({ kind, text }) => kind === 'update' && text.startsWith('Open for'))
      .map(({ at }) => (at - T0) / MIN);

  test('come on ticks of the clock that started at the opening, and say when the next one comes', () => {
    const played = new Played().to(61);
    expect(updates(played)).toEqual([15, 30, 45, 60]);
    expect(played.said('Next update 03:30 UTC')).toBe(true);
  });

  test('one is left out when a person has posted since the last, and the ticks stay where they are', () => {
    const played = new Played().to(20);
    played.do({ type: 'postUpdate', text: 'Found it', audience: 'stakeholders' });
    expect(updates(played.to(50))).toEqual([15, 45]);
    expect(played.of('tell').some(({ text }) => text.includes('Found it'))).toBe(true);
  });

  test('after an outage one is sent, not all that were missed', () => {
    expect(updates(new Played().jump(50).to(61))).toEqual([50, 60]);
  });

  test('they slow down, where the severity says so, and end with the incident', () => {
    const played = new Played(
      samplePlan((incidents) =>
        Object.assign(incidents.severities[0] ?? {}, { slowUpdateSeconds: 3_600, slowAfterSeconds: 1_800 }),
      ),
    ).to(25);
    expect(updates(played.to(130))).toEqual([15, 30, 60, 120]);
    played.do({ type: 'resolve' });
    expect(updates(played.to(139))).toHaveLength(4);
  });

  test('customers are told once, when it has lasted, and of its end', () => {
    const played = new Played().to(30);
    const told = () =>
      played
        .of('tell')
        .filter(({ channels }) => channels.includes('public'))
        .map(({ kind }) => kind);
    expect(told()).toEqual(['page']);
    played.do({ type: 'resolve' });
    expect(told()).toEqual(['page', 'end']);
    const short = new Played().to(5);
    short.do({ type: 'resolve' });
    expect(
      short
        .to(14)
        .of('tell')
        .some(({ channels }) => channels.includes('public')),
    ).toBe(false);
  });

  test('of a security incident customers hear only what a person says', () => {
    const played = new Played(samplePlan(), { kind: 'security' }).to(60);
    expect(played.of('tell').some(({ channels }) => channels.includes('public'))).toBe(false);
    expect(viewOf({ state: played.state, plan: played.plan, now: played.now, effects: [] }).checklist).toEqual([
      { step: 'Isolate' },
      { step: 'Preserve evidence' },
    ]);
    expect(played.do({ type: 'checkStep', step: 0 })).toMatchObject({ accepted: true });
    expect(played.do({ type: 'checkStep', step: 9 })).toMatchObject({ code: 'UNKNOWN_STEP' });
  });
});
