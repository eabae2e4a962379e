import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { createPrometheusActivities } from '../../activities/prometheus/index.js';
import { createRegistryActivities } from '../../activities/registry/index.js';
import type { SecretResolver } from '../../activities/secrets/index.js';
import { loadSystem } from '../../systems/load.js';
import type { System } from '../../systems/schema.js';
import { checkKeys, policyGaps } from './backupPolicy.js';
import { checkBackups } from './backups.js';
import type { BackupReach } from './backups.js';
import { checkChannels } from './channels.js';
import { attempt } from './check.js';
import type { Check } from './check.js';
import { outsideWorker } from './outsideWorker.js';
import { checkWorkload } from './workload.js';
import type { Cluster } from './workload.js';

const limitMs = 15_000;

/** What the checks of systems reach the outside through. */
export interface Reach {
  cluster: Cluster;
  secrets: SecretResolver;
  /** Absent when Temporal is not reachable; what runs left behind is then not known. */
  client: Client | undefined;
  /** Loaded for the first system that has backups. */
  backups: () => Promise<BackupReach['backups']>;
  taskQueue: string;
}

/** Failures that say something of the cluster, not of one workload. */
const ofTheCluster = new Set(['KubernetesMisconfigured', 'ApiUnavailable', 'Unauthorized']);

/** One workload after another: the first failure to reach the cluster says it for all of them. */
async function workloads(reach: Reach, area: string, system: System): Promise<{ checks: Check[]; images: string[] }> {
  const checks: Check[] = [];
  const images: string[] = [];
  const { context, namespace } = system.kubernetes ?? {};
  if (namespace === undefined) return { checks, images };
  for (const { kind, name } of system.workloads) {
    const ref = { namespace, kind, name, ...(context === undefined ? {} : { context }) };
    try {
      const found = await checkWorkload(reach.cluster, area, ref, reach.client);
      checks.push(...found.checks);
      images.push(...found.images);
    } catch (error) {
      if (error instanceof ApplicationFailure && ofTheCluster.has(error.type ?? '')) throw error;
      checks.push({ area, name, level: 'bad', detail: error instanceof Error ? error.message : String(error) });
    }
  }
  return { checks, images };
}

async function registries(area: string, system: System, images: string[]): Promise<Check[]> {
  const { insecureRegistries, mirrors, unreachable } = system.policies.rollingUpdate.images;
  const { resolveImage } = createRegistryActivities();
  const checks = [...new Set(images)].map((image) =>
    attempt(area, 'registry', async () => {
      const answer = await outsideWorker(limitMs, () => resolveImage({ image, insecureRegistries, mirrors }));
      if (answer.status === 'resolved')
        return { area, name: 'registry', level: 'ok', detail: `${image} is ${answer.digest}` };
      const level = answer.status === 'unreachable' && unreachable === 'warn' ? 'warn' : 'bad';
      return { area, name: 'registry', level, detail: `${image}: ${answer.message}` };
    }),
  );
  return (await Promise.all(checks)).flat();
}

async function prometheus(area: string, { prometheus: place }: System): Promise<Check[]> {
  if (!place) return [];
  return attempt(area, 'prometheus', async () => {
    const query = { ...place, query: 'vector(1)' };
    const answer = await outsideWorker(limitMs, () => createPrometheusActivities().measure(query));
    if (answer.kind === 'value') return { area, name: 'prometheus', level: 'ok', detail: place.url };
    return { area, name: 'prometheus', level: 'bad', detail: `${place.url}: ${answer.detail}` };
  });
}

async function backups(reach: Reach, area: string, system: System): Promise<Check[]> {
  if (!system.backups) return [];
  const found = await Promise.all([
    attempt(area, 'backups', async () => checkBackups({ ...reach, backups: await reach.backups() }, area, system)),
    checkKeys(reach.secrets, area, system.backups),
  ]);
  return [...found.flat(), ...policyGaps(area, system)];
}

/** Everything about one system. Read-only, but for the tiny objects that prove the right to write backups. */
export async function checkSystem(reach: Reach, name: string): Promise<Check[]> {
  const area = `System ${name}`;
  let system: System;
  try {
    ({ system } = loadSystem(name));
  } catch (error) {
    const detail = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error);
    return [{ area, name: 'description', level: 'bad', detail, cure: 'belay systems check' }];
  }
  let images: string[] = [];
  const kubernetes = attempt(area, 'kubernetes', async () => {
    const found = await workloads(reach, area, system);
    images = found.images;
    return found.checks;
  });
  const others = [prometheus(area, system), checkChannels(area, system, reach.secrets), backups(reach, area, system)];
  return [...(await kubernetes), ...(await registries(area, system, images)), ...(await Promise.all(others)).flat()];
}
