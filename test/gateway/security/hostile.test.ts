import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { GatewayError } from '../../../client/gateway/errors.js';
import { parseEvent } from '../../../client/gateway/pagerduty/event.js';
import { meaningOf } from '../../../client/gateway/pagerduty/meaning.js';
import { verifyPagerduty } from '../../../client/gateway/security/pagerdutySignature.js';
import { verifySlack } from '../../../client/gateway/security/slackSignature.js';
import { parseCommand } from '../../../client/gateway/slack/commandText.js';
import { parseCommandForm, parseInteraction } from '../../../client/gateway/slack/form.js';
import { describe as systemCalled } from '../ground.js';

const { incidents } = systemCalled('shop', 'http://127.0.0.1:1/api/');
if (!incidents) throw new Error('the sample describes incidents');

const types = ['triggered', 'resolved', 'annotated', 'priority_updated', 'responder.added', 'anything'];
const dataTypes = ['incident', 'incident_note', 'incident_status_update', 'incident_responder', 'service'];

/** JSON that is what we look for in some places, and anything in others. */
const almost = <T>(right: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: right }, fc.jsonValue());
const reference = fc.record({ id: almost(fc.string()), summary: almost(fc.string()) }, { requiredKeys: [] });
const event = fc.record({
  id: almost(fc.string({ minLength: 1 })),
  event_type: almost(fc.constantFrom(...types).map((type) => `incident.${type}`)),
  occurred_at: almost(
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((at) => at.toISOString()),
  ),
  agent: almost(reference),
  client: almost(fc.record({ name: fc.string() })),
  data: almost(
    fc.record(
      {
        type: fc.constantFrom(...dataTypes),
        id: almost(fc.constantFrom('QABC', 'QDEF')),
        incident_key: almost(fc.string()),
        title: almost(fc.string()),
        incident: almost(fc.record({ id: fc.constantFrom('QABC', '') })),
        content: almost(fc.string()),
        assignees: almost(fc.array(reference)),
        priority: almost(reference),
        resolve_reason: almost(fc.record({ type: fc.string() })),
      },
      { requiredKeys: ['type'] },
    ),
  ),
});

/** What it gives, or undefined when it refuses as it should. */
function orRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GatewayError && error.statusCode === 400) return undefined;
    throw error;
  }
}

test('whatever is in an event of PagerDuty, it is refused or means one thing', () => {
  let understood = 0;
  fc.assert(
    fc.property(event, (value) => {
      const parsed = orRefused(() => parseEvent(Buffer.from(JSON.stringify({ event: value }))));
      if (!parsed) return;
      understood += 1;
      expect(typeof meaningOf(parsed, incidents).does).toBe('string');
    }),
    { numRuns: 1_000, seed: 7 },
  );
  expect(understood).toBeGreaterThan(50);
});

test('whatever bytes come, they are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(orRefused(() => parseEvent(Buffer.from(bytes)))).toBeUndefined();
    }),
  );
});

test('whatever is in a form of Slack, it is refused or read', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.json(), (fields, payload) => {
      orRefused(() => parseInteraction(new URLSearchParams({ ...fields, payload })));
      orRefused(() => parseCommandForm(new URLSearchParams(fields)));
    }),
  );
});

test('whatever is typed, it is a command or help', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(typeof parseCommand(text).name).toBe('string');
    }),
  );
});

test('no header lets anybody in', () => {
  const now = 1_800_000_000_000;
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
  const signature = fc.oneof(
    fc.string(),
    hex.map((one) => `v0=${one}`),
    hex.map((one) => `v1=${one}`),
  );
  const time = fc.oneof(fc.string(), fc.constant(String(now / 1000)));
  fc.assert(
    fc.property(signature, time, fc.uint8Array(), (given, timestamp, bytes) => {
      const rawBody = Buffer.from(bytes);
      expect(verifySlack({ rawBody, signature: given, timestamp }, ['secret'], now).genuine).toBe(false);
      expect(verifyPagerduty(rawBody, given, ['secret']).genuine).toBe(false);
    }),
  );
});
