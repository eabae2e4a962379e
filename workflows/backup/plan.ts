import type { BackupTarget } from '../../activities/backup/types.js';
import { lockName, queueOf } from '../backupKit/targets.js';
import { usable } from '../backupKit/choose.js';
import { probe } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import { lockId } from '../kit/lock.js';
import type { Run } from '../kit/run.js';
import type { Plan } from '../kit/types.js';
import type { PlannedSource } from './take.js';

/** A source that cannot be backed up, and why. The others are, all the same. */
export interface Unready {
  target: BackupTarget;
  why: string;
}

export interface BackupPlan {
  plan: Plan;
  ready: PlannedSource[];
  unready: Unready[];
}

/** Looks at sources and store; writes nothing but a probe object. One source that is away hides none of the others. */
export async function planBackup(run: Run, targets: BackupTarget[]): Promise<BackupPlan> {
  const ready: PlannedSource[] = [];
  const unready: Unready[] = [];
  const warnings: string[] = [];
  await Promise.all(
    targets.map(async (target) => {
      const { name } = target.source;
      try {
        const [facts, store, listing, holder] = await Promise.all([
          probe(`Look at ${name}`, queueOf(target)).inspectSource({ target }),
          probe(`Look at the store of ${name}`).inspectStore({ target }),
          probe(`List the backups of ${name}`).listBackups({ target }),
          probe(`Is ${name} free?`).describeRun({ workflowId: lockId(run.system.name, lockName(target)) }),
        ]);
        ready.push({ target, facts, listing });
        for (const warning of [...facts.warnings, ...store.warnings]) warnings.push(`${name}: ${warning}`);
        for (const { id, why } of listing.unreadable) warnings.push(`${name}: backup ${id} cannot be read: ${why}`);
        if (holder) warnings.push(`${name} is held by another run now (${lockId(run.system.name, lockName(target))})`);
      } catch (error) {
        const { type, message } = causeOf(error);
        if (type === 'Cancelled') throw error;
        unready.push({ target, why: `${type}: ${message}` });
      }
    }),
  );
  const order = targets.map((target) => target.source.name);
  const inOrder = (a: { target: BackupTarget }, b: { target: BackupTarget }) =>
    order.indexOf(a.target.source.name) - order.indexOf(b.target.source.name);
  ready.sort(inOrder);
  unready.sort(inOrder);
  return { plan: describePlan(run, ready, unready, warnings.toSorted()), ready, unready };
}

function describePlan(run: Run, ready: PlannedSource[], unready: Unready[], warnings: string[]): Plan {
  const steps = ready.map(({ target, facts, listing }) => {
    const [last] = usable(listing);
    return {
      title: `Back up ${target.source.name} (${target.source.type} ${facts.serverVersion}), verify to ${target.policy.verify}`,
      detail: `${facts.estimatedBytes === undefined ? 'size not known' : `about ${facts.estimatedBytes} bytes`}, ${target.policy.shape}; last one: ${last ? `${last.id}, ${last.level}` : 'none'}`,
      undo: 'What was stored is removed unless it is published',
    };
  });
  const plan = {
    summary: `${ready.length} of ${ready.length + unready.length} sources of ${run.system.name}`,
    steps,
    warnings: [...unready.map(({ target, why }) => `${target.source.name} cannot be backed up: ${why}`), ...warnings],
    facts: ready.map(({ target, facts }) => ({ source: target.source.name, identity: facts.identity })),
  };
  return { ...plan, hash: hashOf({ ...plan, description: run.systemHash }) };
}
