import type { Inspection, WorkloadFacts } from '../../activities/kubernetes/types.js';
import type { ImageResolution, RunDescription } from '../../activities/types.js';
import type { System } from '../../systems/schema.js';
import { hashOf } from '../kit/hash.js';
import type { Plan } from '../kit/types.js';
import { ownerProblems, quarantineProblem, readinessProblems, rightsProblem } from '../rollout/preflight.js';
import { pinned, samePlatform } from '../rollout/images.js';
import type { Problem, Settings, Target } from '../rollout/types.js';
import type { RollingUpdateInput } from './runbook.js';

/** Everything that was seen about one change before the plan. Plain data. */
export interface Observation {
  change: RollingUpdateInput['changes'][number];
  inspection: Inspection;
  image: ImageResolution;
  preview?: { accepted: boolean; message?: string; templateHash?: string };
  lock: RunDescription | null;
}

/** One change as it will be made. */
export interface PlannedChange {
  target: Target;
  container: string;
  from: string;
  to: string;
  digest?: string;
  expectedHash: string;
  healthyBefore: boolean;
}

export interface UpdatePlan extends Plan {
  facts: {
    changes: PlannedChange[];
    settings: Settings;
    systemHash: string;
    /** What a person is asked before it starts. */ questions: string[];
  };
}

/** Input first, then the system's policy. */
export function settle(input: RollingUpdateInput, system: System): Settings {
  const policy = system.policies.rollingUpdate;
  return {
    onFailure: input.onFailure ?? policy.onFailure,
    onNoVerdict: input.onNoVerdict ?? policy.onNoVerdict,
    onGateError: input.onGateError ?? policy.onGateError,
    bakeSeconds: input.bakeSeconds ?? policy.bakeSeconds,
    images: policy.images,
  };
}

/** The container that is asked for: by the input, else by the description. */
const wantedContainer = (change: Observation['change'], system: System): string | undefined =>
  change.container ?? system.workloads.find((workload) => workload.name === change.workload)?.container;

/** The container to change: the wanted one, or the only one; undefined when there is no such. */
export function containerOf(change: Observation['change'], system: System, facts: WorkloadFacts): string | undefined {
  const only = facts.containers.length === 1 ? facts.containers[0]?.name : undefined;
  const name = wantedContainer(change, system) ?? only;
  return facts.containers.some((container) => container.name === name) ? name : undefined;
}

/** The makings of a plan: every failed check, and what would be done. */
export interface Draft {
  problems: Problem[];
  warnings: string[];
  questions: string[];
  changes: PlannedChange[];
}

/** Judges all observations. Every failed check is listed, not only the first. Pure. */
export function draftUpdate(
  input: RollingUpdateInput,
  system: System,
  observed: Observation[],
  blackouts: string[],
): Draft {
  const draft: Draft = { problems: [], warnings: [], questions: [], changes: [] };
  for (const name of blackouts) {
    const message = `blackout "${name}" is on: no change may start (overrideBlackout goes on anyway)`;
    if (input.overrideBlackout) draft.warnings.push(`blackout "${name}" overridden`);
    else draft.problems.push({ target: system.name, check: 'blackout', message });
  }
  for (const one of observed) judge(one, input, system, draft);
  return draft;
}

function judge(one: Observation, input: RollingUpdateInput, system: System, draft: Draft): void {
  const name = one.change.workload;
  const problem = (check: string, message: string) => draft.problems.push({ target: name, check, message });
  if (!one.inspection.found) {
    problem('exists', one.inspection.problem);
    return;
  }
  const { facts } = one.inspection;
  const settings = settle(input, system);
  for (const [check, message] of readinessProblems(facts, input)) problem(check, message);
  if (!facts.healthy && !facts.paused && !input.allowUnhealthy) {
    draft.questions.push(`${name} is not healthy now: ${facts.unhealthyBecause ?? 'unknown'}`);
  }
  for (const [check, message] of ownerProblems(facts, input.overrideOwner)) problem(check, message);
  const rights = rightsProblem(facts);
  if (rights) problem('rights', rights);
  for (const quota of facts.quotaProblems) problem('quota', quota);
  if (facts.exhaustedBudgets.length > 0)
    draft.warnings.push(`${name}: disruption budget ${facts.exhaustedBudgets.join(', ')} allows no disruption now`);
  if (one.lock && input.onBusy === 'fail') {
    problem(
      'busy',
      `is being changed by ${String(one.lock.memo['holder'])}; wait for its end or start with onBusy "wait"`,
    );
  }
  judgeImage(one, settings, draft);

  const container = containerOf(one.change, system, facts);
  if (!container) {
    const names = facts.containers.map((each) => each.name).join(', ');
    const wanted = wantedContainer(one.change, system);
    const why = wanted === undefined ? 'has several containers and none is chosen' : `has no container "${wanted}"`;
    problem('container', `${why}; it has ${names}`);
    return;
  }
  const from = facts.containers.find((each) => each.name === container)?.image ?? '';
  const to = pinned(one.change.image, one.image, settings.images.pinDigest);
  const quarantine = quarantineProblem(facts, to, one.image);
  if (quarantine) {
    if (input.overrideQuarantine) draft.warnings.push(`${name}: ${quarantine} (overridden)`);
    else problem('quarantine', quarantine);
  }
  if (from === to) {
    draft.warnings.push(
      `${name} already runs ${to}: nothing is rolled. If the tag was pushed anew, name the digest or set pinDigest`,
    );
    return;
  }
  if (one.preview && !one.preview.accepted)
    problem('dry run', `the API server would refuse the change: ${one.preview.message ?? 'no reason given'}`);
  draft.changes.push({
    target: targetOf(facts, name, input, system),
    container,
    from,
    to,
    ...(one.image.status === 'resolved' && { digest: one.image.digest }),
    expectedHash: one.preview?.templateHash ?? '',
    healthyBefore: facts.healthy,
  });
}

function judgeImage(one: Observation, settings: Settings, draft: Draft): void {
  const name = one.change.workload;
  const { image } = one;
  switch (image.status) {
    case 'malformed':
    case 'notFound':
      draft.problems.push({ target: name, check: 'image', message: image.message });
      return;
    case 'unreachable':
      if (settings.images.unreachable === 'refuse')
        draft.problems.push({ target: name, check: 'image', message: image.message });
      else
        draft.warnings.push(
          `${name}: the image could not be looked up (${image.message}); a wrong one will be noticed by its pods`,
        );
      return;
    case 'resolved':
      if (!samePlatform(image.platforms, settings.images.platforms)) {
        const has = image.platforms.join(', ') || 'no platform';
        draft.problems.push({
          target: name,
          check: 'platform',
          message: `${one.change.image} is built for ${has}, the nodes need ${settings.images.platforms.join(' or ')}`,
        });
      }
  }
}

function targetOf(facts: WorkloadFacts, name: string, input: RollingUpdateInput, system: System): Target {
  const described = system.workloads.find((workload) => workload.name === name);
  return {
    ref: facts.ref,
    uid: facts.uid,
    templateHash: facts.templateHash,
    deadlineSeconds:
      input.deadlineSeconds ?? described?.deadlineSeconds ?? system.policies.rollingUpdate.deadlineSeconds,
    wasPaused: facts.paused,
    orderedReady: facts.ref.kind === 'StatefulSet' && facts.strategy.podManagementPolicy !== 'Parallel',
  };
}

/** The plan as people read and approve it; its hash covers what the run rests on, not counts that move by themselves. */
export function finishPlan(draft: Draft, settings: Settings, system: System, systemHash: string): UpdatePlan {
  const facts = { changes: draft.changes, settings, systemHash, questions: draft.questions };
  const images = draft.changes.map((change) => `${change.target.ref.name} to ${change.to}`).join(', then ');
  const plan = {
    summary: draft.changes.length > 0 ? `Update ${images}` : 'Nothing to change',
    steps: [
      ...(system.policies.rollingUpdate.backupFirst ? [{ title: 'Back up first', detail: 'as the system asks' }] : []),
      ...draft.changes.map((change) => ({
        title: `Update ${change.target.ref.kind} ${change.target.ref.name}`,
        detail: `container ${change.container}: ${change.from} → ${change.to}${change.digest ? ` (${change.digest})` : ''}, within ${change.target.deadlineSeconds} s`,
        undo: `put the saved template of ${change.from} back`,
      })),
      {
        title: 'Verify',
        detail: [...system.health, ...system.smoke].map((check) => check.name).join(', ') || 'rollout status only',
      },
      { title: 'Bake', detail: `${settings.bakeSeconds} s; a crash or a breached gate rolls back` },
    ],
    warnings: [...draft.warnings, ...draft.questions],
    facts,
  };
  return { ...plan, hash: hashOf(plan) };
}
