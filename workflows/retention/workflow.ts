import { lockName, namedTarget, targetsOf } from '../backupKit/targets.js';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { hashOf } from '../kit/hash.js';
import { acquireLocks } from '../kit/lock.js';
import { type Run, runbook } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan, Report } from '../kit/types.js';
import { verbs } from './messages.js';
import { carryOut, judge, type Judged, summarize } from './retain.js';
import type { RetentionInput } from './runbook.js';

/** Who agrees when more would be deleted than one run may delete by itself. */
const CAPS_APPROVAL = { required: false, approvers: [], minApprovals: 1, expiresAfterSeconds: 86_400 };

interface RetentionPlan extends Plan {
  facts: { decisions: Judged[]; caps: string[] };
}

/** Retention; input and failure types in `runbook.ts`, the rules in `decide.ts`. */
export async function retention(raw: unknown): Promise<Report> {
  return runbook<RetentionInput>('retention', verbs, raw, async (run) => {
    run.enter('planning', 'Reads the backups');
    const plan = await run.steps.step('Decide', (step) => makePlan(run, step));
    run.status.plan = plan;
    const { decisions, caps } = plan.facts;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const approved = await seekApproval(run, plan, CAPS_APPROVAL, caps.length > 0);
    const names = decisions.map(({ source }) => lockName(namedTarget(run.system, source)));
    if (names.length === 0) return { outcome: 'succeeded', summary: plan.summary };
    await acquireLocks(run, names, run.input.onBusy, run.input.busyTimeoutSeconds);
    const confirmed = await confirmPlan(run, approved, (step) => makePlan(run, step));
    run.enter('running', confirmed.summary);
    for (const { source, decision } of confirmed.facts.decisions) {
      await run.steps.step(`Apply to ${source}`, (step) =>
        carryOut(step, namedTarget(run.system, source), decision, {
          dryRun: false,
          beyondCaps: approved ? 'approved' : 'refuse',
        }),
      );
    }
    return { outcome: 'succeeded', summary: confirmed.summary };
  });
}

async function makePlan(run: Run<RetentionInput>, step: Step): Promise<RetentionPlan> {
  const { source } = run.input;
  const decisions: Judged[] = [];
  const lines: string[] = [];
  for (const target of targetsOf(run.system, source === undefined ? undefined : [source])) {
    const { name } = target.source;
    const policy = target.policy.retention;
    if (policy) {
      const decision = await judge(target, policy);
      decisions.push({ source: name, decision });
      lines.push(`${name} ${summarize(decision)}`);
    } else lines.push(`${name} has no policy`);
  }
  const caps = decisions.flatMap(({ source: name, decision }) =>
    decision.beyondCaps === undefined ? [] : [`${name}: ${decision.beyondCaps}`],
  );
  const plan = {
    summary: lines.join('; '),
    steps: decisions.flatMap(({ source: name, decision }) =>
      decision.delete.map((id) => ({ title: `Delete backup ${id} of ${name}` })),
    ),
    warnings: caps,
    facts: { decisions, caps },
  };
  step.note(plan.summary, decisions);
  // Ages move by themselves; what would be deleted is what an approval is bound to.
  const deletes = decisions.map((one) => [one.source, one.decision.delete]);
  return { ...plan, hash: hashOf({ deletes, description: run.systemHash }) };
}
