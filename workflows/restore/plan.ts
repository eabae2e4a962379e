import type { Scale } from '../../activities/kubernetes/types.js';
import type { BackupEntry, BackupTarget } from '../../activities/backup/types.js';
import type { AskedLevel } from '../../systems/backupSchema.js';
import type { System } from '../../systems/schema.js';
import { type Choice, choose, described } from '../backupKit/choose.js';
import { reaches } from '../backupKit/levels.js';
import { namedTarget, queueOf } from '../backupKit/targets.js';
import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan } from '../kit/types.js';
import { workloadRef } from '../rollout/targets.js';
import type { RestoreInput } from './runbook.js';

/** A workload that uses the data: scaled to zero for the exchange. */
export interface Consumer {
  name: string;
  uid: string;
  replicas: number;
}

export interface RestorePlan extends Plan {
  facts: {
    entry: BackupEntry;
    into: string;
    swap: boolean;
    liveName: string;
    consumers: Consumer[];
    pointInTime?: string;
  };
}

/** Vendors and tools that replay to any moment; for the others a time means the newest backup not later. */
const replays = (target: BackupTarget): boolean => target.source.type === 'rds' || target.source.type === 'pgbackrest';

/** From the edge to the data: what talks to people stops first, so that nothing is half-served. */
export function stopOrder(system: System, names: readonly string[]): string[] {
  const tierOf = (name: string) =>
    system.tiers.indexOf(system.workloads.find((workload) => workload.name === name)?.tier ?? '');
  return names.toSorted((a, b) => tierOf(b) - tierOf(a) || names.indexOf(a) - names.indexOf(b));
}

/** The time asked for, if any. */
function timeOf({ backup }: RestoreInput): string | undefined {
  return typeof backup === 'object' ? backup.pointInTime : undefined;
}

/** Reads everything, writes nothing; fails with every problem that speaks against the restore. */
export async function makePlan(run: Run<RestoreInput>, step: Step): Promise<RestorePlan> {
  const { input, system } = run;
  const target = namedTarget(system, input.source);
  const entry = await chosen(run, target);
  const swap = input.into === 'swap';
  const into = typeof input.into === 'object' ? input.into.new : copyName(entry);
  const [found, consumers] = await Promise.all([
    probe(`Is there room for ${into}?`, queueOf(target)).inspectRestore({ target, backupId: entry.id, into }),
    Promise.all((swap ? stopOrder(system, target.source.consumers) : []).map((name) => consumerOf(system, name))),
  ]);
  if (found.problems.length > 0)
    throw fail('PreflightFailed', `Nothing was touched. ${found.problems.join('; ')}`, found.problems);
  const plan = describePlan(run, { entry, into, swap, liveName: found.liveName, consumers }, found.warnings);
  step.note(plan.summary, { warnings: plan.warnings, consumers });
  return plan;
}

async function chosen(run: Run<RestoreInput>, target: BackupTarget): Promise<BackupEntry> {
  const { backup, source, allowUnverified } = run.input;
  const level = levelOf(run.input, target);
  const listing = await probe(`List the backups of ${source}`).listBackups({ target });
  const choice = choiceOf(backup);
  const { policy } = target;
  const picked = choose(listing, choice, reaches(level, policy.verify) ? policy.verify : level, 0);
  if ('problem' in picked) throw fail('PreflightFailed', `${source}: ${picked.problem}. Nothing was touched.`);
  const { entry } = picked;
  if (!allowUnverified && (entry.bad || !reaches(entry.level, 'L4'))) {
    const why = entry.bad ? 'was found bad' : `was only verified to ${entry.level}`;
    throw fail(
      'PreflightFailed',
      `${entry.id} ${why}. Verify it first (verifyBackup), or set allowUnverified. Nothing was touched.`,
    );
  }
  return entry;
}

/** Of a vendor's and a tool's backups nobody has counted the rows, so L4 is all that can be proved of them. */
export const levelOf = (input: RestoreInput, target: BackupTarget): AskedLevel =>
  input.level ?? (replays(target) ? 'L4' : 'L5');

function choiceOf(backup: RestoreInput['backup']): Choice {
  if (typeof backup === 'object') return { before: backup.pointInTime };
  return backup === 'latestVerified' ? backup : { id: backup };
}

/** Fits every engine's rule for names. Of system and source, since several may lie on one server. */
const base = (system: string, source: string): string =>
  `${system}_${source}`.replaceAll('-', '_').slice(0, 34).replace(/_+$/, '');

/** Tells by itself where it came from. */
const copyName = (entry: BackupEntry): string => `${base(entry.system, entry.source)}_restore_${entry.id.slice(-8)}`;

/** Name under which the replaced data is kept; of this moment, so that a second swap finds it free. */
export const keptName = (entry: BackupEntry, now: number): string =>
  `${base(entry.system, entry.source)}_before_${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '').toLowerCase()}`;

async function consumerOf(system: System, name: string): Promise<Consumer> {
  const ref = workloadRef(system, name);
  const scale: Scale = await probe(`Replicas of ${name}`).readScale({ ref });
  const owner = scale.autoscalers.find((one) => one.owner !== undefined)?.owner;
  if (owner !== undefined)
    throw fail(
      'PreflightFailed',
      `${owner} would scale ${name} up again while it must stay stopped; pause it first. Nothing was touched.`,
    );
  return { name, uid: scale.uid, replicas: scale.replicas };
}

function describePlan(run: Run<RestoreInput>, facts: RestorePlan['facts'], found: string[]): RestorePlan {
  const { entry, into, swap, liveName, consumers } = facts;
  const pointInTime = timeOf(run.input);
  const exact = pointInTime !== undefined && replays(namedTarget(run.system, run.input.source));
  const what = `${described(entry)}${exact ? `, replayed to ${pointInTime}` : ''}`;
  const summary = swap ? `Replace ${liveName} by ${what}` : `Restore ${what} as ${into}`;
  const warnings = [...found];
  if (swap)
    warnings.push(
      `everything written to ${liveName} after ${exact ? pointInTime : entry.at} will not be in the new data`,
    );
  if (pointInTime !== undefined && !exact)
    warnings.push(`this source cannot replay to ${pointInTime}; the newest backup before it is from ${entry.at}`);
  const steps = [
    {
      title: `Restore as ${into} and prove it to ${levelOf(run.input, namedTarget(run.system, run.input.source))}`,
      undo: `Drop ${into}`,
    },
    ...(swap
      ? [
          ...consumers.map(({ name, replicas }) => ({ title: `Stop ${name}`, undo: `Back to ${replicas} replicas` })),
          { title: `Rename ${liveName} aside, ${into} to ${liveName}`, undo: 'Exchange the names back' },
          ...consumers.toReversed().map(({ name, replicas }) => ({ title: `Start ${name} with ${replicas} replicas` })),
          { title: 'Prove health' },
        ]
      : []),
  ];
  // Replicas move by themselves under an autoscaler.
  const uids = consumers.map((one) => one.uid);
  const bound = { id: entry.id, into, swap, liveName, uids, pointInTime, description: run.systemHash };
  return {
    summary,
    steps,
    warnings,
    facts: { ...facts, ...(exact && { pointInTime }) },
    hash: hashOf(bound),
  };
}
