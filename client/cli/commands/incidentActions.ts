import type { Action, IncidentView } from '../../../workflows/incident/types.js';
import { UsageError } from '../errors.js';

/** What a person may give with an action; each command takes some of it. */
export interface ActionOptions {
  reason?: string;
  as?: string;
  requestId?: string;
  expectedLevel?: string;
  expectedOwner?: string;
  until?: string;
  for?: string;
  end?: boolean;
  audience?: string;
}

/** An action without who does it. */
export type Deed = Action extends infer One
  ? One extends Action
    ? Omit<One, 'actor' | 'requestId' | 'reason'>
    : never
  : never;

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `2h`, `1d` in milliseconds; undefined when it is none of these. */
export function durationMs(text: string): number | undefined {
  const parts = /^(\d{1,6}(?:\.\d{1,3})?)([smhd])$/.exec(text.trim());
  const unit = UNITS[parts?.[2] ?? ''];
  return parts && unit !== undefined ? Math.round(Number(parts[1]) * unit) : undefined;
}

function whole(text: string | undefined, name: string, least: number): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < least)
    throw new UsageError(`${name}: a whole number from ${least}, as \`belay incident show\` prints it`);
  return value;
}

function oneOf<T extends string>(text: string, known: Record<string, T>, name: string): T {
  const found = Object.hasOwn(known, text) ? known[text] : undefined;
  if (found === undefined) throw new UsageError(`${name}: one of ${Object.keys(known).join(', ')}`);
  return found;
}

function snoozeUntil({ until, for: span, end }: ActionOptions, now: number): number | null {
  if ([until, span, end].filter((one) => one !== undefined && one !== false).length !== 1)
    throw new UsageError('snooze: give one of --for 2h, --until 2026-12-20T18:00:00Z, --end');
  if (end === true) return null;
  const at = until === undefined ? now + (durationMs(span ?? '') ?? Number.NaN) : Date.parse(until);
  if (Number.isNaN(at)) throw new UsageError('snooze: --for takes e.g. 45m, 2h, 1d; --until a date and time with zone');
  return at;
}

const AUDIENCES = { team: 'team', stakeholders: 'stakeholders', public: 'public' } as const;
const NOISE = {
  'false-positive': 'falsePositive',
  'not-actionable': 'notActionable',
  'poor-details': 'poorDetails',
} as const;

/** What each command takes: name, arguments, help, options beside those that all have. */
export const actionCommands = {
  ack: { args: '', text: 'you have it: the ladder stops', update: 'acknowledge', options: [] },
  escalate: {
    args: '',
    text: 'page the next level now',
    update: 'escalate',
    options: [['--expected-level <n>', 'the level that you see; refused when it has moved on. Now, when left out']],
  },
  resolve: { args: '', text: 'it is over', update: 'resolve', options: [] },
  reassign: {
    args: ' <to>',
    text: 'hand it to a person, or to another escalation policy',
    update: 'reassign',
    options: [['--expected-owner <person>', 'refused when somebody else owns it meanwhile; "nobody" for none']],
  },
  snooze: {
    args: '',
    text: 'be quiet until a time; only longer, or ended',
    update: 'snooze',
    options: [
      ['--for <span>', 'e.g. 45m, 2h, 1d'],
      ['--until <time>', 'date and time with zone'],
      ['--end', 'end it now'],
    ],
  },
  severity: {
    args: ' <severity>',
    text: 'another severity; the ladder counts from the opening',
    update: 'setSeverity',
    options: [],
  },
  update: {
    args: ' <text>',
    text: 'tell where it stands; takes the place of the next automatic update',
    update: 'postUpdate',
    options: [['--audience <who>', 'team (default), stakeholders or public']],
  },
  note: { args: ' <text>', text: 'a line in the timeline', update: 'note', options: [] },
  advance: { args: ' <phase>', text: 'a phase is done: its time target is met', update: 'advance', options: [] },
  merge: { args: ' <into>', text: 'it is part of another incident', update: 'merge', options: [] },
  'apply-policy': {
    args: ' [policy]',
    text: 'read the description again, or take another escalation policy, for the rest of the ladder',
    update: 'applyPolicy',
    options: [],
  },
  check: { args: ' <step>', text: 'a step of the checklist is done, by its number', update: 'checkStep', options: [] },
  noise: {
    args: ' <kind>',
    text: 'for the alert review: false-positive, not-actionable or poor-details',
    update: 'markNoise',
    options: [],
  },
} as const satisfies Record<
  string,
  { args: string; text: string; update: Action['type']; options: readonly (readonly [string, string])[] }
>;

export type ActionCommand = keyof typeof actionCommands;

/** What has to be known before the action can be made: the present view, another incident's id. */
export interface Known {
  now: number;
  view: () => Promise<IncidentView>;
  incidentId: (wanted: string) => Promise<string>;
}

/** The action of a command. Wrong arguments are usage errors; whether it is allowed is for the incident to say. */
export async function deedOf(
  command: ActionCommand,
  argument: string | undefined,
  options: ActionOptions,
  known: Known,
): Promise<Deed> {
  const given = argument ?? '';
  switch (command) {
    case 'ack':
      return { type: 'acknowledge' };
    case 'escalate': {
      // People count levels from 1, and 0 is before the first.
      const { expectedLevel } = options;
      const level =
        expectedLevel === undefined ? (await known.view()).level : whole(expectedLevel, '--expected-level', 0) - 1;
      return { type: 'escalate', expectedLevel: level };
    }
    case 'resolve':
      return { type: 'resolve' };
    case 'reassign': {
      const { expectedOwner } = options;
      const owner = expectedOwner === 'nobody' ? null : expectedOwner;
      return { type: 'reassign', to: given, ...(owner !== undefined && { expectedOwner: owner }) };
    }
    case 'snooze':
      return { type: 'snooze', until: snoozeUntil(options, known.now) };
    case 'severity':
      return { type: 'setSeverity', severity: given };
    case 'update': {
      const audience = options.audience === undefined ? undefined : oneOf(options.audience, AUDIENCES, '--audience');
      return { type: 'postUpdate', text: given, ...(audience !== undefined && { audience }) };
    }
    case 'note':
      return { type: 'note', text: given };
    case 'advance':
      return { type: 'advance', phase: given };
    case 'merge':
      return { type: 'merge', into: await known.incidentId(given) };
    case 'apply-policy':
      return { type: 'applyPolicy', ...(argument !== undefined && { policy: argument }) };
    case 'check':
      return { type: 'checkStep', step: whole(argument, 'step', 1) - 1 };
    case 'noise':
      return { type: 'markNoise', noise: oneOf(given, NOISE, 'kind') };
  }
}
