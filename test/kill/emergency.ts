import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { connectByContext } from '../../activities/kubernetes/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SystemInput } from '../../systems/schema.js';
import { createEstate, type Estate } from '../emergency/estate.js';
import { see } from '../emergency/fields.js';
import { createGround, type Ground } from '../scenarios/site.js';
import type { KillTest } from './harness.js';

interface Course {
  runbook: 'emergencyShutdown' | 'emergencyRecovery';
  input?: object;
  lay?: (base: SystemInput) => Partial<SystemInput>;
}

const person = { reason: 'kill test', requestedBy: 'tester' };
/** Their replicas are also an autoscaler's to write. */
const AUTOSCALED = ['api', 'search'];

/** A system of twelve workloads, up; before a recovery it is taken down. */
function course(state: SandboxState, client: Client, { runbook, input = {}, lay }: Course): KillTest<Ground, Estate> {
  const unwatched = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'unwatched' as const]));
  return {
    runbook,
    mutations: unwatched('takeSnapshot', 'setFields', 'closeShutdown'),
    stage: () => createGround(state, 'kill'),
    async prepare(ground) {
      const estate = await createEstate(state, ground, lay);
      if (runbook === 'emergencyRecovery') {
        await client.workflow.execute('emergencyShutdown', {
          workflowId: `emergencyShutdown/${estate.name}/${randomUUID()}`,
          taskQueue: ground.queue,
          args: [{ system: estate.name, ...person }],
          workflowExecutionTimeout: '3m',
        });
      }
      return estate;
    },
    input: (estate) => ({ system: estate.name, ...person, ...input }),
    endState: (estate) => endState(state, estate),
    effects: async (estate) => {
      const { cluster, name: namespace } = estate;
      const [deployments, statefulSets] = await Promise.all([
        cluster.apps.listNamespacedDeployment({ namespace }),
        cluster.apps.listNamespacedStatefulSet({ namespace }),
      ]);
      const ours = [...deployments.items, ...statefulSets.items].filter(
        ({ metadata }) => !AUTOSCALED.includes(metadata?.name ?? ''),
      );
      return {
        // Every change of a spec counts one up, whoever made it.
        generations: ours.map(({ metadata }) => [metadata?.name, metadata?.generation]),
        reports: (await estate.reports()).length,
      };
    },
    watchEffects: async () => () => undefined,
  };
}

/** Every field that Belay may touch, which objects carry its mark, and the snapshots that are kept. */
async function endState({ kubernetes }: SandboxState, { cluster, name }: Estate): Promise<unknown> {
  const clients = connectByContext((config) => config.loadFromFile(kubernetes?.kubeconfig ?? ''))();
  const [sight, maps, pods] = await Promise.all([
    see(clients, name),
    cluster.core.listNamespacedConfigMap({ namespace: name }),
    cluster.core.listNamespacedPod({ namespace: name }),
  ]);
  const named = (prefix: string) => maps.items.filter(({ metadata }) => metadata?.name?.startsWith(prefix));
  const [marker] = named('belay-shutdown');
  return {
    fields: Object.entries(sight).map(([key, { fields, marks }]) => [
      key,
      AUTOSCALED.includes(key.split('/')[1] ?? '') ? { up: fields['/spec/replicas'] !== 0 } : fields,
      Object.keys(marks).filter((mark) => mark === 'belay.dev/stopped'),
    ]),
    snapshots: named('belay-snapshot-').length,
    open: (JSON.parse(marker?.data?.['snapshots'] ?? '[]') as unknown[]).length,
    pods: pods.items.filter(({ metadata }) => !AUTOSCALED.includes(metadata?.labels?.['app'] ?? '')).length,
  };
}

/** Everything goes down. */
export const shutdownCourse = (state: SandboxState, client: Client) =>
  course(state, client, { runbook: 'emergencyShutdown' });

/** Everything comes back. */
export const recoveryCourse = (state: SandboxState, client: Client) =>
  course(state, client, { runbook: 'emergencyRecovery' });

/** Smoke tests never pass: traffic is taken off again. */
export const failedCourse = (state: SandboxState, client: Client) =>
  course(state, client, {
    runbook: 'emergencyRecovery',
    lay: () => ({
      smoke: [{ name: 'never', endpoint: 'web', path: '/', attempts: 1, times: 1, expect: { status: [299] } }],
    }),
  });
