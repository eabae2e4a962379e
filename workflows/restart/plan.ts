import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan } from '../kit/types.js';
import { ownerProblems, readinessProblems, rightsProblem } from '../rollout/preflight.js';
import { workloadRef } from '../rollout/targets.js';
import type { RestartInput } from './runbook.js';

export interface RestartPlan extends Plan {
  facts: { workloads: { name: string; uid: string; templateHash: string }[] };
}

/** Looks at all workloads. Read-only. Throws `PreflightFailed` with every problem. */
export async function makePlan(run: Run<RestartInput>, step: Step): Promise<RestartPlan> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const looks = await Promise.all(
    run.input.workloads.map(async (name) => {
      const look = await probe(`Look at ${name}`).inspectWorkload({
        ref: workloadRef(run.system, name),
        verbs: 'update',
      });
      return { name, look };
    }),
  );
  const workloads = looks.flatMap(({ name, look }) => {
    if (!look.found) {
      problems.push(`${name}: ${look.problem}`);
      return [];
    }
    const { facts } = look;
    const found = [...readinessProblems(facts, {}), ...ownerProblems(facts, run.input.overrideOwner)].map(
      ([, message]) => message,
    );
    const rights = rightsProblem(facts);
    problems.push(...[...found, ...(rights === undefined ? [] : [rights])].map((message) => `${name} ${message}`));
    if (!facts.healthy) warnings.push(`${name} is not healthy now: ${facts.unhealthyBecause ?? 'nobody knows why'}`);
    warnings.push(...facts.quotaProblems.map((problem) => `${name}: ${problem}`));
    if (facts.replicas === 0) warnings.push(`${name} has no pods; only the template is marked`);
    return [{ name, uid: facts.uid, templateHash: facts.templateHash }];
  });
  if (problems.length > 0)
    throw fail('PreflightFailed', `Nothing was changed. ${problems.join('; ')}`.slice(0, 3_500), problems);
  const summary = `Restart ${workloads.map(({ name }) => name).join(', ')}`;
  step.note(summary, { warnings });
  return {
    summary,
    steps: workloads.map(({ name }) => ({
      title: `Restart ${name}`,
      detail: 'new pods beside the old, watched, then its health checks',
    })),
    warnings,
    facts: { workloads },
    hash: hashOf({ workloads, description: run.systemHash }),
  };
}
