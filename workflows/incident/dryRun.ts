import { workflowInfo } from '@temporalio/workflow';
import { probe } from '../kit/activities.js';
import { hashOf } from '../kit/hash.js';
import type { Report } from '../kit/types.js';
import type { IncidentInput } from './input.js';
import { type IncidentPlan, mildest, oncallOf, policyOf, severityOf } from './plan.js';

const after = (seconds: number): string =>
  seconds < 120 ? `after ${seconds} s` : `after ${(seconds / 60).toFixed(seconds % 60 === 0 ? 0 : 1)} min`;

/** Who would be paged and when, if it were opened now and nobody answered. Reads only. */
export async function planOnly(input: IncidentInput, plan: IncidentPlan): Promise<Report> {
  const startedAt = Date.now();
  const severity = severityOf(plan, input.severity ?? mildest(plan).id);
  const name = input.policy ?? severity.policy;
  const { levels, repeat, repeatSeconds } = policyOf(plan, name);
  const found = await Promise.all(
    levels.map(({ name: level, notify, afterSeconds }) =>
      probe(`Who is on call: ${level}`).resolveTargets({
        snapshot: oncallOf(plan),
        targets: notify,
        at: startedAt + afterSeconds * 1_000,
      }),
    ),
  );
  const steps = levels.map((level, index) => {
    const people = found[index]?.people.map(
      ({ id, contacts }) => `${id} (${contacts.map(({ channel }) => channel).join(', ')})`,
    );
    const told = [...(people ?? []), ...(found[index]?.channels ?? []).map((channel) => `channel ${channel}`)];
    return {
      title: `${level.name}, ${after(level.afterSeconds)}`,
      detail: told.join('; ') || 'nobody: left at once for the next level',
    };
  });
  const warnings = found.flatMap(({ empty }, index) => empty.map((why) => `${levels[index]?.name ?? ''}: ${why}`));
  const facts = { severity: severity.id, policy: name, repeat, repeatSeconds, levels, phases: severity.phases };
  const body = {
    summary: `${severity.id}: ${levels.length} levels of ${name}, the last one ${repeat} times more`,
    steps,
    warnings,
    facts,
  };
  const { workflowId, runId } = workflowInfo();
  return {
    runbook: 'incident',
    workflowId,
    runId,
    system: plan.system,
    systemHash: plan.systemHash,
    requestedBy: input.requestedBy,
    reason: input.reason,
    dryRun: true,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(Date.now()).toISOString(),
    outcome: 'planned',
    summary: `Plan only: ${body.summary}`,
    plan: { ...body, hash: hashOf(body) },
    steps: [],
    decisions: [],
  };
}
