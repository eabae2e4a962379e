import { bounded } from '../secrets/redact.js';
import type { ResolvedCheck } from '../types.js';
import type { Answer } from './request.js';

/** Bytes of a body that a check looks at. */
export const BODY_LIMIT = 64 * 1024;

/** The value at a dotted path (`items.0.name`); `undefined` when the path leads nowhere. Own properties only. */
export function valueAt(json: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    return (at as Record<string, unknown>)[key];
  }, json);
}

const shown = (value: unknown): string => (value === undefined ? 'nothing there' : bounded(JSON.stringify(value), 120));

function jsonProblem(
  body: string,
  cut: boolean,
  wanted: Record<string, string | number | boolean>,
): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    if (cut) return `expected JSON of at most ${BODY_LIMIT / 1024} KB, got more`;
    return `expected a JSON body, got ${body === '' ? 'an empty one' : `"${bounded(body, 120)}"`}`;
  }
  for (const [path, value] of Object.entries(wanted)) {
    const got = valueAt(json, path);
    if (got !== value) return `expected ${path} = ${shown(value)} in the JSON body, got ${shown(got)}`;
  }
  return undefined;
}

/** Why the answer does not meet the check, as part of a sentence; `undefined` when it does. */
export function unmet(expect: ResolvedCheck['expect'], answer: Answer): string | undefined {
  const body = answer.body.toString('utf8');
  if (!expect.status.includes(answer.status)) {
    const location = answer.headers.get('location');
    const came = location
      ? `${answer.status} to ${bounded(location, 120)} (redirects are not followed)`
      : answer.status;
    const said = body === '' ? '' : `: "${bounded(body, 160)}"`;
    return `expected status ${expect.status.join(' or ')}, got ${came}${said}`;
  }
  const latency = Math.round(answer.latencyMs);
  if (latency > expect.maxLatencyMs)
    return `expected an answer within ${expect.maxLatencyMs} ms, it took ${latency} ms`;
  if (expect.bodyIncludes !== undefined && !body.includes(expect.bodyIncludes)) {
    return `expected a body with "${bounded(expect.bodyIncludes, 120)}", got "${bounded(body, 160)}"`;
  }
  return expect.json ? jsonProblem(body, answer.cut, expect.json) : undefined;
}
