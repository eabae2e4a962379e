import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext, ExternalEngine } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { ExternalBackup, SourceFacts } from '../backup/types.js';
import { openRds, PATIENCE, type Patience, type Rds } from './client.js';
import { findInstance, type Instance } from './instance.js';
import { identifierOf, TAGS } from './names.js';
import { differences, makeInstance, missingSurroundings, type Making } from './restoring.js';
import { removeSnapshot, takeSnapshot } from './snapshot.js';
import { rememberPlace, sweepPlaces } from './sweep.js';
import { dropInstance, swapInstances, swapInstancesBack } from './swap.js';
import { verifySnapshot } from './verify.js';

const GIB = 1024 ** 3;
/** Version of the API that the client speaks. */
const API = '2014-10-31';

/**
 * Instances of Amazon RDS by its own snapshots. The bytes stay with Amazon; everything that is made carries tags (`names.ts`), and nothing
 * without the right one is deleted or renamed. Members of an Aurora cluster are refused: they have snapshots of the cluster instead.
 */
export function createRdsEngine(patience: Partial<Patience> = {}): ExternalEngine<'rds'> {
  const within = async <T>(
    source: SourceOf<'rds'>,
    context: EngineContext,
    work: (rds: Rds) => Promise<T>,
  ): Promise<T> => {
    const rds = await openRds(source, context, { ...PATIENCE, ...patience });
    rememberPlace(`${source.region} ${source.endpoint ?? ''} ${source.accessKeyId ?? ''}`, () =>
      openRds(source, { ...context, progress: () => undefined }, { ...PATIENCE, ...patience }),
    );
    try {
      return await work(rds);
    } finally {
      rds.client.destroy();
    }
  };
  return {
    inspect: (source, context) => within(source, context, (rds) => inspect(rds, source)),

    take: (source, id, context) =>
      within(source, context, async (rds) => {
        await liveInstance(rds, source);
        return takeSnapshot(rds, source, id, context.run);
      }),

    verify: (source, external, level, context) =>
      within(source, context, (rds) => verifySnapshot(rds, source, external, level, context)),

    restore: (source, external, into, pointInTime, context) =>
      within(source, context, async (rds) => {
        const started = performance.now();
        await makeInstance(rds, source, await copyOf(rds, source, external, { into, pointInTime, run: context.run }));
        return { timings: { restore: Math.round(performance.now() - started) } };
      }),

    inspectRestore: (source, into, _bytes, context) =>
      within(source, context, async (rds) => {
        const id = identifierOf(into);
        const [taken, live, problems] = await Promise.all([
          findInstance(rds, id),
          findInstance(rds, source.instance),
          missingSurroundings(rds, source),
        ]);
        if (taken !== undefined) problems.push(`there is an instance ${id} in ${source.region} already`);
        const warnings: string[] = [];
        if (id !== into) warnings.push(`Amazon takes no such name; the instance will be called ${id}`);
        if (live === undefined) warnings.push(`${source.instance} is not there now`);
        else warnings.push(...differences(live, source));
        return { problems, liveName: source.instance, warnings };
      }),

    swap: (source, restored, kept, context) =>
      within(source, context, async (rds) => {
        await swapInstances(rds, namesOf(source, restored, kept));
        return { live: source.instance };
      }),

    swapBack: (source, restored, kept, context) =>
      within(source, context, (rds) => swapInstancesBack(rds, namesOf(source, restored, kept))),

    drop: (source, name, context) =>
      within(source, context, (rds) => dropInstance(rds, source.instance, identifierOf(name))),

    remove: (source, external, context) => within(source, context, (rds) => removeSnapshot(rds, external)),

    sweep: sweepPlaces,
  };
}

/** The engine with patience for databases of terabytes. */
export const rdsEngine = createRdsEngine();

const namesOf = (source: SourceOf<'rds'>, restored: string, kept: string) => ({
  live: source.instance,
  restored: identifierOf(restored),
  kept: identifierOf(kept),
});

async function liveInstance(rds: Rds, source: SourceOf<'rds'>): Promise<Instance> {
  const found = await findInstance(rds, source.instance);
  if (found === undefined) {
    throw backupError(
      'NotFound',
      `There is no RDS instance ${source.instance} in ${source.region}; correct instance, region or identity of source ${source.name}.`,
    );
  }
  if (found.cluster !== undefined) {
    throw backupError(
      'Unsupported',
      `${source.instance} belongs to the Aurora cluster ${found.cluster}, whose snapshots are those of the cluster. Back it up as a postgres source.`,
    );
  }
  return found;
}

async function inspect(rds: Rds, source: SourceOf<'rds'>): Promise<SourceFacts> {
  const found = await liveInstance(rds, source);
  const warnings: string[] = [];
  if (found.status !== 'available')
    warnings.push(`${found.id} is ${found.status}; a snapshot waits until it is available`);
  if (!found.encrypted) warnings.push(`the storage of ${found.id} is not encrypted, so its snapshots are not either`);
  if (found.retentionDays === 0)
    warnings.push(`automated backups of ${found.id} are off: no restore to a point in time`);
  if (source.verify !== undefined && source.verify > 'L4') {
    warnings.push(`${source.verify} is asked, but L4 is the highest level of a snapshot of Amazon's`);
  }
  return {
    identity: found.resourceId,
    serverVersion: `${found.engine} ${found.version}`,
    tools: { 'rds-api': API },
    estimatedBytes: found.storageGiB * GIB,
    warnings,
  };
}

/** What a restored copy is made of. It takes over the habits and the tags of the live instance, whose place it may take. */
async function copyOf(
  rds: Rds,
  source: SourceOf<'rds'>,
  external: ExternalBackup,
  { into, pointInTime, run }: { into: string; pointInTime: string | undefined; run: EngineContext['run'] },
): Promise<Making> {
  const id = identifierOf(into);
  const live = await findInstance(rds, source.instance);
  const { multiAz, deletionProtection } = source.restore;
  // Amazon keeps the prefix aws: for itself.
  const own = Object.entries(live?.tags ?? {}).filter(([key]) => !/^(aws:|belay-)/.test(key));
  return {
    id,
    from:
      pointInTime === undefined
        ? { snapshot: external.id }
        : { instance: await sourceOf(rds, source, external), time: pointInTime },
    tags: {
      ...Object.fromEntries(own),
      [TAGS.copy]: id,
      [TAGS.workflow]: run.workflowId,
      [TAGS.backup]: String(external.details['backupId']),
    },
    own: TAGS.workflow,
    multiAz,
    protect: deletionProtection,
    ...(live !== undefined && { habits: live.habits }),
  };
}

/** Name that the backed up instance has now: a swap may have given its name to another. */
async function sourceOf(rds: Rds, source: SourceOf<'rds'>, external: ExternalBackup): Promise<string> {
  const live = await liveInstance(rds, source);
  if (live.resourceId === external.details['resourceId']) return live.id;
  throw backupError(
    'Unsupported',
    `${source.instance} is another instance than the one that was backed up; its point in time cannot be restored from it. Restore the snapshot.`,
  );
}
