import { condition } from '@temporalio/workflow';
import type { SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { apply, troubleText } from '../emergencyKit/apply.js';
import { restoring } from '../emergencyKit/targets.js';
import { fail } from '../kit/failure.js';
import { now } from '../kit/steps.js';
import { runChecks } from '../rollout/checks.js';
import type { RecoveryRun } from './plan.js';
import type { Progress } from './start.js';

/** Pause between two rounds of checks while the system bakes. */
const PAUSE_MS = 5_000;

/** Routes in the steps of the description; those that it does not name come last. Pure. */
export function trafficSteps(steps: readonly string[][], routes: readonly SavedObject[]): SavedObject[][] {
  const named = new Set(steps.flat());
  const groups = steps.map((names) => routes.filter(({ ref }) => names.includes(ref.name)));
  return [...groups, routes.filter(({ ref }) => !named.has(ref.name))].filter((group) => group.length > 0);
}

/** Traffic comes back last, in steps, each behind the smoke tests. */
export async function startTraffic(run: RecoveryRun, objects: SavedObject[], progress: Progress): Promise<void> {
  await run.control.checkpoint();
  run.enter('running', 'Brings traffic back');
  const routes = objects.filter(({ role }) => role === 'route');
  const groups = trafficSteps(run.system.policies.emergency.recovery.trafficSteps, routes);
  for (const [index, group] of groups.entries()) {
    await run.control.checkpoint();
    progress.begun.push(...group);
    const title = `Traffic, step ${index + 1} of ${groups.length}`;
    const bad = await apply(run, run.steps, title, restoring(run.system, group), { unmark: true });
    if (bad.length > 0) throw fail('RecoveryFailed', `Traffic did not come back: ${bad.map(troubleText).join('; ')}`);
    const finding = await runChecks(run, run.steps, `Smoke tests after step ${index + 1}`, run.system.smoke);
    if (finding) throw fail('RecoveryFailed', `Smoke tests failed: ${finding.summary}`);
  }
  progress.trafficAt = now();
}

/** Health checks and smoke tests must hold for the whole bake time. */
export async function bake(run: RecoveryRun, objects: SavedObject[], _progress: Progress): Promise<void> {
  const { bakeSeconds } = run.system.policies.emergency.recovery;
  const checks = [...run.system.health, ...run.system.smoke];
  // A part of the system has no traffic, and need not answer.
  if (checks.length === 0 || bakeSeconds === 0 || run.input.tiers !== undefined || objects.length === 0) return;
  const until = Date.now() + bakeSeconds * 1_000;
  run.enter('running', `Bakes for ${bakeSeconds} s`);
  await run.steps.step('Bake', async (step) => {
    for (let round = 1; ; round++) {
      const finding = await runChecks(run, step, `Round ${round}`, checks);
      if (finding) throw fail('RecoveryFailed', `The bake failed: ${finding.summary}`);
      const left = until - Date.now();
      if (left <= 0) return step.note(`${round} rounds of checks held for ${bakeSeconds} s`);
      await condition(() => false, Math.min(left, PAUSE_MS), { summary: 'Next round of checks' });
    }
  });
}
