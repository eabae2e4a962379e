import { describe, expect, test } from '@jest/globals';
import { dedupKey, isEcho, isOurDedupKey, workflowOfDedupKey } from '../../../activities/pagerduty/dedup.js';
import { pagerdutySeverity, worst } from '../../../activities/pagerduty/severity.js';

const INCIDENT = 'incident/shop/checkout/0123456789abcdef';

describe('dedup_key', () => {
  test.each([
    ['an incident', INCIDENT, `belay/${INCIDENT}`, INCIDENT],
    ['the longest that fits', 'w'.repeat(249), `belay/${'w'.repeat(249)}`, 'w'.repeat(249)],
  ])('%s can be read back', (_, workflowId, key, back) => {
    expect(dedupKey(workflowId)).toBe(key);
    expect(key.length).toBeLessThanOrEqual(255);
    expect(workflowOfDedupKey(key)).toBe(back);
  });

  test.each([
    ['one too long', 'w'.repeat(250)],
    ['one that looks like a hash', '~abc'],
  ])('%s is hashed, always to the same', (_, workflowId) => {
    const key = dedupKey(workflowId);
    expect(key).toMatch(/^belay\/~[0-9a-f]{64}$/);
    expect(dedupKey(workflowId)).toBe(key);
    expect(dedupKey(`${workflowId}x`)).not.toBe(key);
    expect(isOurDedupKey(key)).toBe(true);
    expect(workflowOfDedupKey(key)).toBeUndefined();
  });

  test.each([['checkout'], ['/belay/x'], ['belay'], [''], [undefined], [null], [7], [{}]])('%j is not ours', (key) => {
    expect(isOurDedupKey(key)).toBe(false);
    expect(workflowOfDedupKey(key)).toBeUndefined();
  });
});

describe('echoes', () => {
  const data = { incident_key: dedupKey(INCIDENT) };
  const integration = { type: 'events_api_v2_inbound_integration_reference', id: 'PSERV01' };
  const person = { type: 'user_reference', id: 'PADA001' };
  test.each<[string, Parameters<typeof isEcho>[0], boolean]>([
    ['our trigger', { agent: integration, client: { name: 'Belay' }, data }, true],
    ['our resolve', { agent: integration, client: null, data }, true],
    ['our trigger without an agent', { agent: null, client: { name: 'Belay' }, data }, true],
    ['a person’s answer', { agent: person, client: { name: 'PagerDuty' }, data }, false],
    ['PagerDuty’s own time-out', { agent: { type: 'service_reference' }, client: null, data }, false],
    ['another tool’s alert', { agent: integration, client: null, data: { incident_key: 'abc' } }, false],
    ['a note, which names no key', { agent: person, data: {} }, false],
    ['nothing', {}, false],
  ])('%s', (_, event, expected) => {
    expect(isEcho(event)).toBe(expected);
  });
});

test.each([
  ['P1', true, 'critical'],
  ['p0', false, 'critical'],
  ['SEV-1', true, 'critical'],
  ['Critical', true, 'critical'],
  ['P2', true, 'error'],
  ['high', false, 'error'],
  ['severity2', true, 'error'],
  ['P3', false, 'warning'],
  ['warning', false, 'warning'],
  ['P4', false, 'info'],
  ['low', true, 'info'],
  ['gold', true, 'critical'],
  ['gold', false, 'warning'],
])('%s (urgent: %s) is %s', (severity, urgent, expected) => {
  expect(pagerdutySeverity(severity, urgent)).toBe(expected);
});

test('the worst of several', () => {
  expect(worst(['warning', 'error', 'info'])).toBe('error');
  expect(worst([])).toBe('info');
});
