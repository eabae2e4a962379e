import { type Action, type ActionName, actionNames, type Actor, type Via } from '../types.js';

/** What is wrong with a payload, for whoever sent it. */
export interface Unreadable {
  problem: string;
}

type Fields = Record<string, unknown>;

const VIAS: Via[] = ['ui', 'cli', 'slack', 'pagerduty', 'bot', 'runbook', 'storm', 'source'];
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= max;

function actorOf(raw: unknown): Actor | undefined {
  if (isText(raw, 200)) return { id: raw.trim(), via: 'ui' };
  if (!isObject(raw) || !isText(raw['id'], 200)) return undefined;
  const via = VIAS.find((one) => one === raw['via']) ?? 'ui';
  return {
    id: raw['id'].trim(),
    via,
    ...(isText(raw['person'], 100) && { person: raw['person'] }),
    ...(raw['proved'] === true && { proved: true }),
  };
}

/** Reader of one field: the value, or why it cannot be. */
type Read = (value: unknown) => string | undefined;

const text =
  (max: number): Read =>
  (value) =>
    isText(value, max) ? undefined : `must be text of 1 to ${max} characters`;
const optional =
  (read: Read): Read =>
  (value) =>
    value === undefined ? undefined : read(value);
const oneOf =
  (...values: string[]): Read =>
  (value) =>
    typeof value === 'string' && values.includes(value) ? undefined : `must be one of ${values.join(', ')}`;
const whole: Read = (value) => (Number.isSafeInteger(value) ? undefined : 'must be a whole number');
const record: Read = (value) => (isObject(value) ? undefined : 'must be an object');

const FIELDS: Record<ActionName, Record<string, Read>> = {
  acknowledge: {},
  escalate: { expectedLevel: whole },
  resolve: {},
  reassign: {
    to: text(63),
    expectedOwner: (value) => (value === undefined || value === null ? undefined : text(200)(value)),
  },
  snooze: {
    until: (value) =>
      value === null ? undefined : whole(value) && 'must be a time in ms since the epoch, or null to end a snooze',
  },
  setSeverity: { severity: text(31) },
  postUpdate: { text: text(2_000), audience: optional(oneOf('team', 'stakeholders', 'public')) },
  advance: { phase: text(31) },
  merge: { into: text(1_000) },
  applyPolicy: { policy: optional(text(63)) },
  note: { text: text(2_000) },
  linkRun: {
    workflowId: text(1_000),
    runbook: text(100),
    start: optional((value) => (typeof value === 'boolean' ? undefined : 'must be true or false')),
    input: optional(record),
    outcome: optional(text(100)),
    summary: optional(text(1_000)),
  },
  checkStep: { step: whole },
  markNoise: { noise: oneOf('falsePositive', 'notActionable', 'poorDetails') },
};

/** An `until` may be a number of ms or an ISO time, as people write it. */
function normalised(type: ActionName, raw: Fields): Fields {
  if (type !== 'snooze' || typeof raw['until'] !== 'string') return raw;
  const at = Date.parse(raw['until']);
  return { ...raw, until: Number.isNaN(at) ? raw['until'] : at };
}

/** Reads what somebody sent as an action; strict in what it needs, and blind to what it does not know. Pure and synchronous. */
export function parseAction(type: string, payload: unknown): Action | Unreadable {
  const name = actionNames.find((one) => one === type);
  if (name === undefined)
    return { problem: `"${type.slice(0, 60)}" is no action of an incident; there are ${actionNames.join(', ')}` };
  if (!isObject(payload)) return { problem: 'the payload must be an object like {"actor":"alice","reason":"…"}' };
  const fields = normalised(name, payload);
  const actor = actorOf(fields['actor']);
  if (!actor) return { problem: '"actor" is missing: say who you are, as text of 1 to 200 characters' };
  for (const field of ['requestId', 'reason'] as const) {
    const why = optional(text(field === 'reason' ? 500 : 200))(fields[field]);
    if (why !== undefined) return { problem: `"${field}" ${why}` };
  }
  const taken: Fields = { type: name, actor };
  for (const field of ['requestId', 'reason'] as const) if (fields[field] !== undefined) taken[field] = fields[field];
  for (const [field, read] of Object.entries(FIELDS[name])) {
    const why = read(fields[field]);
    if (why !== undefined) return { problem: `"${field}" ${why}` };
    if (fields[field] !== undefined) taken[field] = fields[field];
  }
  // Every field of this action was just read; the union cannot be told from a loop.
  return taken as unknown as Action;
}
