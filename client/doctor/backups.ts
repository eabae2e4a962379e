import type { Client } from '@temporalio/client';
import type { BackupActivities, BackupTarget, StoreFacts } from '../../activities/backup/types.js';
import type { ObjectStoreRef } from '../../systems/backupSchema.js';
import type { System } from '../../systems/schema.js';
import { targetsOf } from '../../workflows/backupKit/targets.js';
import { hostQueue } from '../../workflows/kit/hostQueue.js';
import { sizeText } from '../backups/text.js';
import { pollers } from '../pollers.js';
import { attempt } from './check.js';
import type { Check } from './check.js';
import { outsideWorker } from './outsideWorker.js';

const limitMs = 30_000;
/** At some minutes more backups are refused, because ages cannot be trusted; said earlier here. */
const skewMs = 60_000;

/** What the checks of backups need. */
export interface BackupReach {
  backups: Pick<BackupActivities, 'inspectSource' | 'inspectStore'>;
  client: Client | undefined;
  taskQueue: string;
}

/**
 * Stores and sources of one system: reachable, with the rights and the programs that a backup needs. Read-only, but for one tiny object in
 * each store that is written and removed, because nothing else proves the right to write.
 */
export async function checkBackups(reach: BackupReach, area: string, system: System): Promise<Check[]> {
  const { backups } = system;
  const targets = targetsOf(system);
  const [first] = targets;
  if (!backups || !first) return [];
  const checks = [
    store(reach, area, 'backup store', first, backups.store),
    ...(backups.manifestCopy ? [store(reach, area, 'copy of manifests', first, backups.manifestCopy)] : []),
    ...targets.map((target) => source(reach, area, target)),
  ];
  return (await Promise.all(checks)).flat();
}

async function store(
  { backups: { inspectStore } }: BackupReach,
  area: string,
  name: string,
  target: BackupTarget,
  place: ObjectStoreRef,
): Promise<Check[]> {
  return attempt(area, name, async () => {
    const { manifestCopy: _, ...policy } = target.policy;
    const facts = await outsideWorker(limitMs, () =>
      inspectStore({ target: { ...target, policy: { ...policy, store: place } } }),
    );
    return [
      { area, name, level: 'ok', detail: `${reference(place)}: reachable, may be written to${safety(facts)}` },
      ...storeFindings(facts).map((finding) => ({ area, name, ...finding })),
    ];
  });
}

const reference = ({ bucket, prefix }: ObjectStoreRef): string => `s3://${bucket}/${prefix}`;

function safety({ versioning, objectLock }: StoreFacts): string {
  const has = [...(versioning ? ['versioned'] : []), ...(objectLock ? ['object lock'] : [])];
  return has.length > 0 ? `, ${has.join(', ')}` : '';
}

/** What is not as it should be with a store that answers. Pure. */
export function storeFindings(facts: StoreFacts): Pick<Check, 'level' | 'detail' | 'cure'>[] {
  const skew: Pick<Check, 'level' | 'detail' | 'cure'> = {
    level: 'warn',
    detail: `its clock and ours differ by ${Math.round(facts.clockSkewMs / 1_000)} s`,
    cure: 'synchronise both (NTP)',
  };
  return [
    ...facts.warnings.map((detail) => ({ level: 'warn' as const, detail })),
    ...(Math.abs(facts.clockSkewMs) > skewMs ? [skew] : []),
  ];
}

async function source(reach: BackupReach, area: string, target: BackupTarget): Promise<Check[]> {
  const name = `backup source ${target.source.name}`;
  return attempt(area, name, async () => {
    if ('host' in target.source && isOnHost(target)) return hostWorker(reach, area, name, target.source.host);
    const facts = await outsideWorker(limitMs, () => reach.backups.inspectSource({ target }));
    const size = facts.estimatedBytes === undefined ? '' : `, about ${sizeText(facts.estimatedBytes)}`;
    const tools = Object.entries(facts.tools).map(([tool, version]) => `${tool} ${version}`);
    const detail = `${target.source.type} ${facts.serverVersion}${size}; ${tools.join(', ') || 'no programs needed'}`;
    return [
      { area, name, level: 'ok', detail },
      ...facts.warnings.map((warning): Check => ({ area, name, level: 'warn', detail: warning })),
    ];
  });
}

const isOnHost = ({ source: { type } }: BackupTarget): boolean =>
  type === 'sqlite' || type === 'folder' || type === 'pgbackrest';

/** Only a worker on the host sees the files; what can be asked from here is whether there is one. */
async function hostWorker(
  { client, taskQueue }: BackupReach,
  area: string,
  name: string,
  host: string,
): Promise<Check> {
  const queue = hostQueue(taskQueue, host);
  if (!client) return { area, name, level: 'warn', detail: `on host ${host}; Temporal is not reachable` };
  const found = await pollers(client, queue, 'activity');
  if (found.length > 0)
    return { area, name, level: 'ok', detail: `on host ${host}, where a worker polls (${found.join(', ')})` };
  return {
    ...{ area, name, level: 'bad', detail: `on host ${host}, where no worker polls queue ${queue}` },
    cure: `on ${host}: belay worker --host ${host}`,
  };
}
