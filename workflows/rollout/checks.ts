import type { CheckResult, ResolvedCheck } from '../../activities/types.js';
import type { HttpCheck } from '../../systems/schema.js';
import { watch } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Finding } from './types.js';

/** A check with the base URL of its endpoint. The description's own check has made sure that the endpoint exists. */
export function resolveCheck(check: HttpCheck, endpoints: Record<string, string>): ResolvedCheck {
  const { endpoint, ...rest } = check;
  const base = endpoints[endpoint];
  if (base === undefined)
    throw fail('InvalidInput', `check "${check.name}" names endpoint "${endpoint}", which is not described`);
  return { ...rest, url: `${base.replace(/\/$/, '')}${check.path}` };
}

/** Longest time a check can take by its own numbers, in milliseconds. */
const longest = (check: HttpCheck) => check.attempts * (check.timeoutSeconds + check.intervalSeconds) * 1_000;

/** Runs checks side by side; the first that fails is the finding, all of them are evidence. */
export async function runChecks(
  run: Run,
  step: Step,
  title: string,
  checks: HttpCheck[],
): Promise<Finding | undefined> {
  if (checks.length === 0) return undefined;
  return step.step(title, async (inner) => {
    const results: CheckResult[] = await Promise.all(
      checks.map((check) =>
        watch(`Check: ${check.name}`.slice(0, 190), longest(check)).runHttpCheck({
          check: resolveCheck(check, run.system.endpoints),
        }),
      ),
    );
    const failed = results.filter((result) => !result.passed);
    if (failed.length === 0) {
      inner.note(results.map((result) => result.summary).join('; '), results);
      return undefined;
    }
    const summary = failed.map((result) => `${result.name}: ${result.summary}`).join('; ');
    inner.failed(summary, results);
    return { kind: 'failed', summary, evidence: results };
  });
}
