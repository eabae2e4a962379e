import { createHmac, timingSafeEqual } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { SecretResolver } from '../secrets/resolver.js';

/** What the buttons in Belay's messages are called; the gateway acts on no other. */
export const actionIds = {
  acknowledge: 'incident_acknowledge',
  escalate: 'incident_escalate',
  resolve: 'incident_resolve',
  /** Starts the suggested runbook `r`. */
  start: 'incident_start',
} as const;

export type ButtonAction = keyof typeof actionIds;

/** What a button stands for, short because Slack limits it. */
export interface ButtonValue {
  /** Workflow id of the incident. */
  i: string;
  /** What pressing it does; the gateway refuses a value under another `action_id`. */
  a: ButtonAction;
  /** Level of the ladder that the person saw; -1 before the first. */
  l: number;
  /** Since when (ms since the epoch) what the message tells of: an incident's opening, or when a page was made. */
  t: number;
  /** Id of the runbook to start. */
  r?: string;
}

/** Where the key is kept, for the workers that write buttons and the gateway that reads them; the second while one takes over from the other. */
export const BUTTON_KEY = 'env:BELAY_BUTTON_KEY';
export const OLD_BUTTON_KEY = 'env:BELAY_BUTTON_KEY_OLD';

/** Slack's limit for the value of a button. */
const VALUE_MAX = 2_000;
const KEY_MIN = 32;
const PREFIX = 'b1';

const macOf = (key: string, body: string): Buffer => createHmac('sha256', key).update(`${PREFIX}.${body}`).digest();

/**
 * `b1.<HMAC-SHA256 as base64url>.<JSON>`: so the gateway can trust the incident's id although it comes back through a person's client.
 * `undefined` when it would be longer than Slack takes.
 */
export function signButton(value: ButtonValue, key: string): string | undefined {
  const body = JSON.stringify(value);
  const text = `${PREFIX}.${macOf(key, body).toString('base64url')}.${body}`;
  return text.length > VALUE_MAX ? undefined : text;
}

function isButtonValue(value: unknown): value is ButtonValue {
  if (typeof value !== 'object' || value === null) return false;
  const { i, a, l, t, r } = value as Record<string, unknown>;
  return (
    typeof i === 'string' &&
    typeof a === 'string' &&
    Object.hasOwn(actionIds, a) &&
    Number.isSafeInteger(l) &&
    Number.isSafeInteger(t) &&
    (r === undefined || typeof r === 'string')
  );
}

/** What a button's value stands for if one of `keys` has signed it; `undefined` for everything else. In constant time for any signature. */
export function readButton(text: string, keys: readonly string[]): ButtonValue | undefined {
  if (text.length > VALUE_MAX) return undefined;
  const [, given = '', body = ''] = /^b1\.([\w-]{43})\.(\{.*\})$/.exec(text) ?? [];
  const mac = Buffer.from(given, 'base64url');
  // Every key is tried, so that the time does not tell which one fits.
  const fits = keys.map((key) => {
    const right = macOf(key, body);
    return right.length === mac.length && timingSafeEqual(right, mac);
  });
  if (!fits.includes(true)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isButtonValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function keyAt(secrets: SecretResolver, reference: string): Promise<string | undefined> {
  try {
    const key = await secrets.resolve(reference);
    return key.length < KEY_MIN ? undefined : key;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === 'SecretUnresolved') return undefined;
    throw error;
  }
}

/** Keys under which buttons are signed: the first signs, each may have signed. Empty when none is set, or shorter than 32 characters. */
export async function buttonKeys(secrets: SecretResolver): Promise<string[]> {
  const keys = await Promise.all([keyAt(secrets, BUTTON_KEY), keyAt(secrets, OLD_BUTTON_KEY)]);
  return keys.filter((key) => key !== undefined);
}
