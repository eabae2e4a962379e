import { condition } from '@temporalio/workflow';
import { fail } from './failure.js';
import type { Run } from './run.js';
import type { Step } from './steps.js';
import type { Plan } from './types.js';

/** Who may approve, how many must, how long there is. */
export interface ApprovalRule {
  required: boolean;
  approvers: string[];
  minApprovals: number;
  expiresAfterSeconds: number;
}

/**
 * Waits for a person's approval of exactly this plan, when the rule or the input asks for one. Returns the approved plan, or
 * undefined when none was needed. Nothing has been touched by then; expiry and rejection end the run. Identity is what the
 * client claims: let only those reach Temporal's frontend whom you trust.
 */
export async function seekApproval<P extends Plan>(
  run: Run,
  plan: P,
  rule: ApprovalRule,
  asked: boolean,
): Promise<P | undefined> {
  if (!rule.required && !asked) return undefined;
  await awaitApproval(run, plan, rule, rule.required ? 'the system asks for it' : 'the input asks for it');
  return plan;
}

async function awaitApproval(run: Run, plan: Plan, rule: ApprovalRule, why: string): Promise<void> {
  await run.steps.step('Approval', async (step) => {
    const { state } = run.control;
    const expiresAt = Date.now() + rule.expiresAfterSeconds * 1_000;
    state.approval = {
      planHash: plan.hash,
      requestedBy: run.status.requestedBy ?? '',
      approvers: rule.approvers,
      minApprovals: rule.minApprovals,
      expiresAt,
    };
    run.status.approvalExpiresAt = new Date(expiresAt).toISOString();
    run.enter('awaitingApproval', `Waits for ${rule.minApprovals} approval(s): ${why}`);
    run.notify('page', 'Approval wanted', `${plan.summary}\n${why}\nPlan ${plan.hash}`);
    const decided = await condition(
      () => state.rejected !== undefined || state.approvals.length >= rule.minApprovals,
      rule.expiresAfterSeconds * 1_000,
      { summary: 'Approval expires' },
    );
    delete state.approval;
    delete run.status.approvalExpiresAt;
    if (state.rejected) {
      throw fail('Rejected', `Rejected by ${state.rejected.actor}: ${state.rejected.reason || 'no reason given'}`);
    }
    if (!decided)
      throw fail('ApprovalExpired', `Nobody approved within ${rule.expiresAfterSeconds} s; nothing was changed`);
    step.note(`Approved by ${state.approvals.map((decision) => decision.actor).join(', ')}`, { plan: plan.hash });
  });
}

/**
 * Makes the plan anew now that the locks are held, and nobody else can change the targets. A plan that was approved must
 * still be the same; one that nobody approved simply gives way to the present one.
 */
export async function confirmPlan<P extends Plan>(
  run: Run,
  approved: P | undefined,
  make: (step: Step) => Promise<P>,
): Promise<P> {
  run.enter('running', 'Confirms the plan');
  const present = await run.steps.step('Confirm the plan', make);
  if (approved && present.hash !== approved.hash) {
    throw fail(
      'PlanOutdated',
      `The plan was approved as ${approved.hash}, the state has changed since (${present.hash}); nothing was changed. Start again`,
    );
  }
  run.status.plan = present;
  return present;
}
