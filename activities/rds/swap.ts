import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { poll, type Rds } from './client.js';
import { deleteInstance, findInstance, requireHope, tagInstance, type Instance } from './instance.js';
import { hasTag, TAGS } from './names.js';

/** Names of a swap, in Amazon's form. */
export interface SwapNames {
  live: string;
  restored: string;
  kept: string;
}

/** What stands under the three names of a swap. */
export type Standing = Partial<Record<keyof SwapNames, Instance>>;

/** What is to be done next: rename, wait for what is on its way, nothing any more, or a thing that is missing or in the way. */
export type Step =
  | { rename: keyof SwapNames; to: keyof SwapNames }
  | { wait: string }
  | { done: true }
  | { missing: string }
  | { refuse: 'NotOurs' | 'NameTaken'; why: string };

/** Looks in a row in which an instance may be under neither name: Amazon takes seconds from one to the other. */
const BETWEEN_LOOKS = 30;

/** A change that was asked for shows up here at once; the status alone says `available` for some seconds more. */
function onItsWay(standing: Standing): string | undefined {
  const moving = Object.values(standing).find(({ status, pending }) => status !== 'available' || pending.length > 0);
  return (
    moving &&
    `${moving.id} is ${moving.status}${moving.pending.length > 0 ? `, ${moving.pending.join(', ')} pending` : ''}`
  );
}

/**
 * The next step of live → kept, restored → live. Tags stay with an instance through its renames, so what stands where says how far it is,
 * whoever did it. Pure.
 */
export function nextSwapStep(standing: Standing, names: SwapNames): Step {
  const wait = onItsWay(standing);
  if (wait !== undefined) return { wait };
  const { live, restored, kept } = standing;
  if (live !== undefined && hasTag(live.tags, TAGS.copy, names.restored)) {
    if (kept !== undefined) return { done: true };
    return {
      missing: `${names.restored} is ${names.live} already, but ${names.kept} is not there; look for what it replaced`,
    };
  }
  const isCopy = restored !== undefined && hasTag(restored.tags, TAGS.copy, names.restored);
  if (restored !== undefined && !isCopy) {
    const why = `${names.restored} does not carry our tag ${TAGS.copy}; only what a restore has made takes the place of ${names.live}`;
    return { refuse: 'NotOurs', why };
  }
  if (restored === undefined)
    return { missing: `there is no instance ${names.restored} to put in the place of ${names.live}` };
  if (live !== undefined) {
    if (kept === undefined) return { rename: 'live', to: 'kept' };
    return { refuse: 'NameTaken', why: `there is an instance ${names.kept} already` };
  }
  if (kept !== undefined && hasTag(kept.tags, TAGS.kept, names.kept)) return { rename: 'restored', to: 'live' };
  return { missing: `there is no instance ${names.live}, and none kept as ${names.kept}` };
}

/** The next step of undoing a swap from wherever it stands: live → restored, kept → live. Pure. */
export function nextSwapBackStep(standing: Standing, names: SwapNames): Step {
  const wait = onItsWay(standing);
  if (wait !== undefined) return { wait };
  const { live, restored, kept } = standing;
  const isKept = kept !== undefined && hasTag(kept.tags, TAGS.kept, names.kept);
  if (live !== undefined && hasTag(live.tags, TAGS.copy, names.restored)) {
    if (!isKept)
      return { missing: `the instance that was ${names.live} is not there as ${names.kept}; look for it by hand` };
    if (restored === undefined) return { rename: 'live', to: 'restored' };
    return { refuse: 'NameTaken', why: `there is an instance ${names.restored} already` };
  }
  if (live !== undefined) {
    if (!isKept) return { done: true };
    return { refuse: 'NameTaken', why: `another instance is ${names.live} while the old one is kept as ${names.kept}` };
  }
  if (isKept) return { rename: 'kept', to: 'live' };
  return {
    missing: `the instance that was ${names.live} is neither there nor kept as ${names.kept}; look for it by hand`,
  };
}

/**
 * Takes step after step until nothing is left to do and nothing is on its way. A repeat goes on where an attempt was cut, also while a
 * rename that it had asked for is under way. Throws `NotFound`, `NotOurs`, `NameTaken`.
 */
async function walk(
  rds: Rds,
  names: SwapNames,
  next: (standing: Standing, names: SwapNames) => Step,
  before: (rename: keyof SwapNames, instance: Instance) => Promise<void>,
): Promise<void> {
  let missed = 0;
  let taken = 0;
  await poll(rds, `Exchanging ${names.live} and ${names.restored}`, rds.patience.changeMs, async () => {
    const [live, restored, kept] = await Promise.all(
      [names.live, names.restored, names.kept].map((id) => findInstance(rds, id)),
    );
    const standing: Standing = { ...(live && { live }), ...(restored && { restored }), ...(kept && { kept }) };
    for (const one of Object.values(standing)) requireHope(one);
    const step = next(standing, names);
    missed = 'missing' in step ? missed + 1 : 0;
    if ('done' in step) return {};
    if ('wait' in step) return step.wait;
    if ('refuse' in step) throw backupError(step.refuse, `${step.why}. Nothing more was renamed.`);
    if ('missing' in step) {
      if (missed > BETWEEN_LOOKS) throw backupError('NotFound', `${step.missing}.`);
      return step.missing;
    }
    const instance = standing[step.rename];
    if (instance === undefined) return 'looked again';
    await before(step.rename, instance);
    try {
      await askRename(rds, instance.id, names[step.to]);
      taken = 0;
    } catch (error) {
      // A rename that a dead attempt had asked for may have come through since the look; the next one shows what stands there now.
      taken += 1;
      if (!isError(error, 'NameTaken') || taken > BETWEEN_LOOKS) throw error;
      return `${names[step.to]} is taken; looking again`;
    }
    return `${instance.id} becomes ${names[step.to]}`;
  });
}

async function askRename(rds: Rds, from: string, to: string): Promise<void> {
  const change = { DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true };
  try {
    await rds.ask(`rename ${from} to ${to}`, (options) =>
      rds.client.send(new ModifyDBInstanceCommand(change), options),
    );
  } catch (error) {
    // Asked for a second time after a lost answer: the next look shows where it is.
    if (!isError(error, 'InUse', 'NotFound')) throw error;
  }
}

/** live → kept, restored → live. The live instance is tagged before it is renamed, so that it is known as ours wherever the worker dies. */
export function swapInstances(rds: Rds, names: SwapNames): Promise<void> {
  return walk(rds, names, nextSwapStep, async (rename, instance) => {
    if (rename === 'live') await tagInstance(rds, instance, { [TAGS.kept]: names.kept });
  });
}

/** Undoes a swap from wherever it stands. */
export function swapInstancesBack(rds: Rds, names: SwapNames): Promise<void> {
  return walk(rds, names, nextSwapBackStep, () => Promise.resolve());
}

/**
 * Deletes a restored copy or a kept original; false when there is none. The tag must say that the instance has this name by our doing: a copy
 * that has become the live instance has another name and is never deleted. Throws `NotOurs`.
 */
export async function dropInstance(rds: Rds, live: string, id: string): Promise<boolean> {
  if (id === live) throw backupError('NotOurs', `${id} is the live instance, which is never dropped.`);
  const isOurs = ({ tags }: Instance): boolean => hasTag(tags, TAGS.copy, id) || hasTag(tags, TAGS.kept, id);
  return deleteInstance(rds, id, isOurs, true);
}
