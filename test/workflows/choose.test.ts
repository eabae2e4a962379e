import { describe, expect, test } from '@jest/globals';
import type { Revision, SavedState, WorkloadFacts } from '../../activities/kubernetes/types.js';
import { chooseDestination } from '../../workflows/rollback/choose.js';

const saved = (secret: string, templateHash: string, more: Partial<SavedState> = {}): SavedState => ({
  secret,
  version: 1,
  templateHash,
  images: [{ name: 'app', image: templateHash }],
  digests: {},
  replicas: 1,
  healthy: false,
  savedAt: '2026-01-01T00:00:00Z',
  ...more,
});
const revision = (number: number, templateHash: string, everComplete = true): Revision => ({
  name: `rs-${number}`,
  revision: number,
  images: [],
  templateHash,
  everComplete,
  current: false,
});
const entry = (templateHash: string) => ({ image: 'i', templateHash, reason: 'crashed', run: 'r', at: '' });
const facts = (templateHash: string, bad: string[] = []) =>
  ({ templateHash, quarantined: bad.map(entry) }) as unknown as WorkloadFacts;
const good = { healthy: true, verifiedAt: '2026-01-02T00:00:00Z' };

describe('last known good', () => {
  test.each([
    [
      'the newest verified state',
      facts('now'),
      [saved('s1', 'old', good), saved('s2', 'older', { ...good, verifiedAt: '2026-01-01T10:00:00Z' })],
      [],
      's1',
    ],
    [
      'a verified one before a merely healthy newer one',
      facts('now'),
      [saved('s1', 'old', good), saved('s2', 'newer', { healthy: true, savedAt: '2026-02-01T00:00:00Z' })],
      [],
      's1',
    ],
    [
      'a healthy one when none was verified',
      facts('now'),
      [saved('s1', 'a'), saved('s2', 'b', { healthy: true })],
      [],
      's2',
    ],
    [
      'never what stands there',
      facts('old'),
      [saved('s1', 'old', good), saved('s2', 'older', { healthy: true })],
      [],
      's2',
    ],
    ['never what is quarantined', facts('now', ['old']), [saved('s1', 'old', good)], [revision(2, 'older')], 'rs-2'],
    [
      'the newest complete revision, not the previous number',
      facts('now'),
      [],
      [revision(5, 'failed', false), revision(4, 'failed2', false), revision(3, 'ok')],
      'rs-3',
    ],
  ])('%s', (_name, present, states, revisions, expected) => {
    const choice = chooseDestination(present, states, revisions, 'lastKnownGood', false);
    expect(choice.found && choice.destination.name).toBe(expected);
    expect(choice.found && choice.destination.why).toBeTruthy();
  });

  test('none is a problem with a cure', () => {
    const choice = chooseDestination(facts('now', ['old']), [saved('s1', 'old', good)], [], 'lastKnownGood', false);
    expect(!choice.found && choice.problem).toContain('Name a revision');
    expect(chooseDestination(facts('now', ['old']), [saved('s1', 'old', good)], [], 'lastKnownGood', true).found).toBe(
      true,
    );
  });
});

describe('a named revision', () => {
  test.each([
    ['exists', 3, facts('now'), undefined],
    ['does not exist', 9, facts('now'), 'Kubernetes remembers 3'],
    ['stands there', 3, facts('old'), 'already'],
    ['is quarantined', 3, facts('now', ['old']), 'quarantined'],
  ])('%s', (_name, number, present, problem) => {
    const choice = chooseDestination(present, [], [revision(3, 'old')], { revision: number }, false);
    expect(choice.found ? '' : choice.problem).toContain(problem ?? '');
    expect(choice.found).toBe(problem === undefined);
  });
});
