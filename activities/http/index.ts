import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { SecretResolver } from '../secrets/resolver.js';
import { redact } from '../secrets/redact.js';
import { heartbeating, throwIfCancelled } from '../temporal/heartbeat.js';
import type { CheckResult, HttpActivities, ResolvedCheck } from '../types.js';
import { beatOutside } from './beat.js';
import { BODY_LIMIT, unmet } from './expectation.js';
import { NoAnswer, request, type Answer, type Fetch } from './request.js';

/** Everything that must be right before the first try; wrong here is the describer's mistake and never the target's. */
async function headersOf(check: ResolvedCheck, secrets: SecretResolver): Promise<Record<string, string>> {
  if (!URL.canParse(check.url)) {
    const message = `Check "${check.name}": "${redact(check.url)}" is not a URL; correct the system's endpoints.`;
    throw ApplicationFailure.nonRetryable(message, 'InvalidCheck');
  }
  if (check.times > check.attempts) {
    const message = `Check "${check.name}": ${check.times} passing answers cannot come in ${check.attempts} attempts; raise attempts.`;
    throw ApplicationFailure.nonRetryable(message, 'InvalidCheck');
  }
  const headers = new Headers();
  const set = (name: string, value: string) => {
    try {
      headers.set(name, value);
    } catch {
      const message = `Check "${check.name}": header ${redact(name)} cannot be sent; its name or value has characters that HTTP forbids.`;
      throw ApplicationFailure.nonRetryable(message, 'InvalidCheck');
    }
  };
  for (const [name, value] of Object.entries(check.headers ?? {})) set(name, value);
  for (const [name, reference] of Object.entries(check.secretHeaders ?? {}))
    set(name, await secrets.resolve(reference));
  return Object.fromEntries(headers);
}

/** One try: the answer if one came, and why it does not pass. */
async function tryOnce(
  fetch: Fetch,
  check: ResolvedCheck,
  headers: Record<string, string>,
): Promise<{ answer?: Answer; problem?: string }> {
  const timeoutMs = check.timeoutSeconds * 1000;
  const signal = Context.current().cancellationSignal;
  try {
    const answer = await request(fetch, {
      url: check.url,
      method: check.method,
      headers,
      timeoutMs,
      maxBytes: BODY_LIMIT,
      signal,
    });
    const problem = unmet(check.expect, answer);
    return problem === undefined ? { answer } : { answer, problem };
  } catch (error) {
    await throwIfCancelled();
    if (error instanceof NoAnswer)
      return { problem: `expected status ${check.expect.status.join(' or ')}, got ${error.message}` };
    throw error;
  }
}

async function probe(fetch: Fetch, spec: ResolvedCheck, headers: Record<string, string>): Promise<CheckResult> {
  const result: CheckResult = { name: spec.name, url: redact(spec.url), passed: false, summary: '', tries: 0 };
  let inARow = 0;
  let problem = '';
  while (result.tries < spec.attempts) {
    if (result.tries > 0) await Context.current().sleep(spec.intervalSeconds * 1000);
    const outcome = await tryOnce(fetch, spec, headers);
    result.tries++;
    if (outcome.answer) {
      result.lastStatus = outcome.answer.status;
      result.lastLatencyMs = Math.round(outcome.answer.latencyMs);
    } else {
      delete result.lastStatus;
      delete result.lastLatencyMs;
    }
    inARow = outcome.problem === undefined ? inARow + 1 : 0;
    problem = outcome.problem ?? problem;
    if (inARow >= spec.times) {
      const summary = `${spec.times} passing ${spec.times === 1 ? 'answer' : 'answers in a row'}, after ${result.tries} ${result.tries === 1 ? 'try' : 'tries'}.`;
      return { ...result, passed: true, summary };
    }
    // Not enough tries are left to get there: more of them could not change the verdict.
    if (spec.times - inARow > spec.attempts - result.tries) break;
  }
  const wanted = spec.times > 1 ? ` (${spec.times} passing answers in a row are needed)` : '';
  return { ...result, summary: `Not passed in ${result.tries} of ${spec.attempts} tries${wanted}: ${problem}.` };
}

/**
 * HTTP probes, and the heartbeat to an outside monitor. Touches only the check's URL; reads at most 64 KB of each answer; never follows a redirect (a 3xx is an answer like
 * any other).
 *
 * An unhealthy target is a result (`passed: false`, with what was expected and what came). Thrown are only `SecretUnresolved` and
 * `InvalidCheck` (wrong description, non-retryable) and the cancellation. Safe to repeat: it only reads, and a retry of the activity
 * starts counting anew, since answers from before a worker's death say nothing of an unbroken row.
 */
export function createHttpActivities(options: { fetch?: Fetch; secrets: SecretResolver }): HttpActivities {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    async runHttpCheck({ check: spec }) {
      const headers = await headersOf(spec, options.secrets);
      return heartbeating(() => probe(fetch, spec, headers));
    },
    beatOutside: ({ url }) => beatOutside(fetch, options.secrets, url),
  };
}
