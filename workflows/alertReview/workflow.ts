import { seekApproval, confirmPlan } from '../kit/approval.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Plan, Report } from '../kit/types.js';
import { applySilences, hashOfSilences, stillWanted } from './apply.js';
import { collect, type Material } from './collect.js';
import { judge, type Verdict } from './judge.js';
import { keepDocuments } from './keep.js';
import { verbs } from './messages.js';
import type { AlertReviewInput } from './runbook.js';
import { summaryOf, titleOf } from './words.js';

/** Lock of what silences an Alertmanager's alerts; nothing in Kubernetes can be called so. */
const TARGET = '@silences';
const SHOWN = { figures: 100, proposals: 50 };

/** Review of alerts; input and failure types in `runbook.ts`. */
export async function alertReview(raw: unknown): Promise<Report> {
  return runbook<AlertReviewInput>('alertReview', verbs, raw, async (run) => {
    run.enter('planning', 'Reads what the alerts did');
    const material = await collect(run);
    const verdict = await judge(run, material);
    const summary = summaryOf(verdict, run.input.days);
    const plan = planOf(run, material, verdict, summary);
    run.status.plan = plan;
    await run.steps.step('Work out the figures', async (step) => {
      step.note(summary, {
        figures: verdict.figures.slice(0, SHOWN.figures),
        proposals: verdict.proposals.slice(0, SHOWN.proposals),
      });
    });
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${summary}` };
    await keepDocuments(run, verdict);
    return decide(run, plan, verdict, summary);
  });
}

async function decide(
  run: Run<AlertReviewInput>,
  plan: Plan,
  { proposals }: Verdict,
  summary: string,
): Promise<Conclusion> {
  const silences = proposals.filter(({ kind }) => kind === 'silence');
  if (!run.input.applySilences || silences.length === 0) {
    run.notify('end', `Alerts of ${run.system.title} reviewed`, summary);
    return { outcome: 'succeeded', summary };
  }
  const { approvers, minApprovals } = run.system.policies.rollingUpdate.approval;
  const rule = { required: true, approvers, minApprovals, expiresAfterSeconds: run.input.approvalSeconds };
  const approved = await seekApproval(run, plan, rule, true);
  await acquireLocks(run, [TARGET], run.input.onBusy, run.input.busyTimeoutSeconds);
  await confirmPlan(run, approved, () => stillWanted(run, plan, silences));
  return applySilences(run, silences, summary);
}

function planOf(run: Run<AlertReviewInput>, { warnings }: Material, { proposals }: Verdict, summary: string): Plan {
  const applied = run.input.applySilences;
  return {
    summary,
    steps: proposals.slice(0, SHOWN.proposals).map((one) => ({
      title: titleOf(one),
      detail: one.cost ? `${one.why}. ${one.cost}` : one.why,
      ...(one.kind === 'silence' && applied && { undo: 'ends by itself' }),
    })),
    warnings,
    facts: { applied: applied ? proposals.filter(({ kind }) => kind === 'silence').map(({ id }) => id) : [] },
    hash: hashOfSilences(applied ? proposals : [], run.systemHash),
  };
}
