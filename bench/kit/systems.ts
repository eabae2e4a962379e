import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SystemInput } from '../../systems/schema.js';

/** A system of the benchmark: a namespace of the same name with Deployments, each with a health check of its own. */
export interface BenchSystem {
  name: string;
  workloads: readonly string[];
  deadlineSeconds: number;
  bakeSeconds: number;
}

/** Every check asks three times, a second apart; after eight failures no row of three is left. */
export const check = { times: 3, intervalSeconds: 1, attempts: 10 } as const;

const repository = 'ghcr.io/bench/app';

/** The version that stands there before, and a new one. The sandbox's pods behave as the end of the tag says. */
export const image = (tag: string): string => `${repository}:${tag}`;
export const goodTag = '1.0.0';

function describe(system: BenchSystem, state: SandboxState): SystemInput {
  const { services, registry, kubernetes } = state;
  if (!services || !registry || !kubernetes) throw new Error('the sandbox lacks services, registry or Kubernetes');
  const everything = ['ops'];
  return {
    name: system.name,
    title: `Benchmark ${system.name}`,
    environment: 'sandbox',
    kubernetes: { context: kubernetes.context, namespace: system.name },
    tiers: ['app'],
    workloads: system.workloads.map((name) => ({
      ...{ name, tier: 'app', container: 'app' },
      health: [{ name: `${name} health`, endpoint: name, path: '/health', ...check }],
    })),
    endpoints: Object.fromEntries(system.workloads.map((name) => [name, `${services.url}/${system.name}/${name}`])),
    channels: { ops: { type: 'slack', channel: '#ops', token: 'env:SLACK_BOT_TOKEN' } },
    notify: { start: everything, end: everything, failure: everything, rollback: everything, page: everything },
    policies: {
      rollingUpdate: {
        ...{ deadlineSeconds: system.deadlineSeconds, bakeSeconds: system.bakeSeconds },
        images: { mirrors: { 'ghcr.io': registry.host }, insecureRegistries: [registry.host] },
      },
    },
  };
}

/** Folder for `BELAY_SYSTEMS`. */
export const systemsDir = (state: SandboxState): string => join(state.dir, 'systems');

/** Writes the systems' descriptions. Safe to repeat. */
export async function writeSystems(state: SandboxState, systems: readonly BenchSystem[]): Promise<void> {
  await mkdir(systemsDir(state), { recursive: true });
  for (const system of systems)
    await writeFile(join(systemsDir(state), `${system.name}.yaml`), stringify(describe(system, state)));
}
