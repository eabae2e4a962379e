import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { FailureType } from '../kit/types.js';
import { observe } from '../rollout/observe.js';
import type { Change, Finding, Settings } from '../rollout/types.js';

const types: Record<Finding['kind'], FailureType> = {
  failed: 'VerificationFailed',
  noVerdict: 'VerificationFailed',
  gateError: 'VerificationFailed',
  superseded: 'Superseded',
  replaced: 'TargetReplaced',
};

/** What a finding that ended the way forward carries to the recovery. */
export interface FindingDetail {
  finding: Finding;
}

/**
 * Decides over a finding: none goes on; what could not be judged follows its own policy; the rest ends the way forward.
 * Throws in that case, with the finding as detail.
 */
export async function settleFinding(run: Run, settings: Settings, finding: Finding | undefined): Promise<void> {
  if (!finding) return;
  const policy = policyFor(settings, finding);
  if (policy === 'continue') {
    run.enter('running', `Goes on without a verdict: ${finding.summary}`);
    return;
  }
  if (policy === 'hold' && (await askPerson(run, finding))) return;
  const detail: FindingDetail = { finding };
  throw fail(types[finding.kind], finding.summary, detail);
}

function policyFor(settings: Settings, { kind }: Finding): 'rollback' | 'hold' | 'continue' {
  if (kind === 'noVerdict') return settings.onNoVerdict;
  return kind === 'gateError' ? settings.onGateError : 'rollback';
}

/**
 * Observes changes to the end, whatever single gates cannot tell: a gate that was passed over once, by a person or by the
 * policy, is not asked again in this run, and the pods stay guarded for the whole time.
 */
export async function observeAndSettle(
  run: Run,
  step: Step,
  changes: Change[],
  judgement: { settings: Settings; waived: Set<string> },
  until?: number,
): Promise<void> {
  const { settings, waived } = judgement;
  for (;;) {
    const finding = await observe(run, step, changes, { waived, ...(until !== undefined && { until }) });
    await settleFinding(run, settings, finding);
    if (finding?.gate === undefined) return;
    waived.add(finding.gate);
  }
}

/** The pods are healthy but the gate says nothing: a person decides. True means go on. */
async function askPerson(run: Run, finding: Finding): Promise<boolean> {
  run.enter('held', `No verdict: ${finding.summary}`);
  run.notify('page', `Rolling update of ${run.system.name} has no verdict`, finding.summary);
  const decision = await run.control.hold({
    name: 'noVerdict',
    question: `${finding.summary}. The pods are healthy, but this could not be judged. What now?`,
    options: { accept: 'Go on as if the gate had passed.', abort: 'Roll back.' },
  });
  run.enter('running', `${decision.actor} decided: ${decision.verb}`);
  return decision.verb === 'accept';
}
