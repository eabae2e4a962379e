import { randomBytes } from 'node:crypto';
import { createBucketView, type BucketView } from '../backups/bucketView.js';
import { createEstate, type Estate, estateEnv } from '../backups/estate.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { createGround, createSite, type Ground, type Site } from '../scenarios/site.js';
import type { Env, KillTest } from './harness.js';

/** A system with a database, its bucket, and a consumer where the course needs one. */
interface Place extends Env {
  site: Site;
  estate: Estate;
  view: BucketView;
}

interface Course {
  runbook: string;
  input: object;
  mutations: readonly string[];
  /** Whether a workload uses the database. */
  consumer?: boolean;
  policy?: object;
  /** Brings the store to where the course begins. */
  before?: (place: Place) => Promise<void>;
}

const person = { reason: 'kill test', requestedBy: 'tester' };

function course(
  state: SandboxState,
  { runbook, input, mutations, consumer, policy, before }: Course,
): KillTest<Ground, Place> {
  return {
    runbook,
    mutations: Object.fromEntries(mutations.map((name) => [name, 'unwatched' as const])),
    stage: () => createGround(state, 'kill', () => estateEnv(state)),
    async prepare(ground) {
      const estate = await createEstate(state, {
        rows: 500,
        consumers: consumer ? ['web'] : [],
        policy: { verify: 'L5', ...policy },
      });
      const site = await createSite(state, ground, {
        workloads: consumer ? [{ name: 'web' }] : [],
        describe: () => ({ backups: estate.backups }),
      });
      const view = await createBucketView(state, estate, site.name);
      const place: Place = {
        name: `${site.name}-${randomBytes(2).toString('hex')}`,
        site,
        estate,
        view,
        dispose: async () => {
          view.close();
          await estate.dispose();
          await site.dispose();
        },
      };
      await before?.(place);
      return place;
    },
    input: ({ site }) => ({ system: site.name, ...person, ...input }),
    endState,
    effects: async ({ view }) => view.effects(),
    watchEffects: async () => () => undefined,
  };
}

/** What stands after a run, in store, database server and cluster; names that carry a time or an id are counted only. */
async function endState({ estate, view, site }: Place): Promise<unknown> {
  const databases = await estate.databases(site.name);
  const { items } = await site.cluster.apps.listNamespacedDeployment({ namespace: site.name });
  return {
    store: await view.state(),
    live: databases.includes(estate.database),
    // Restored beside it, or set aside.
    copies: databases.length - 1,
    rows: await estate.sql('SELECT count(*)::int AS n FROM orders'),
    replicas: items.map((one) => one.spec?.replicas),
  };
}

/** One source, verified by a test restore. */
export const backupCourse = (state: SandboxState) =>
  course(state, {
    runbook: 'backup',
    input: {},
    mutations: ['takeBackup', 'publishBackup', 'rehearseRestore', 'recordBackupEvent'],
  });

/** The names are exchanged, and the consumer runs again. */
export const swapCourse = (state: SandboxState) =>
  course(state, {
    runbook: 'restore',
    input: { source: 'database', into: 'swap' },
    consumer: true,
    mutations: ['restoreBackup', 'setReplicas', 'swapIn', 'recordBackupEvent'],
    before: async ({ view }) => void (await view.backUp(1)),
  });

/** Restored with nothing but what the store holds. */
export const drillCourse = (state: SandboxState) =>
  course(state, {
    runbook: 'drTest',
    input: { rto: 600, rpo: 3_600, level: 'L5' },
    mutations: ['rehearseRestore', 'recordBackupEvent'],
    before: async ({ view }) => void (await view.backUp(1)),
  });

/** Of three backups the oldest two were condemned before, and go. */
export const retentionCourse = (state: SandboxState) =>
  course(state, {
    runbook: 'retention',
    input: { dryRun: false },
    policy: {
      retention: { apply: true, level: 'L2', keepLast: 1, minVerified: 1, graceHours: 0, maxDeletePercent: 100 },
    },
    mutations: ['deleteBackup'],
    before: async ({ view }) => {
      await view.backUp(3);
      await view.condemn(2);
    },
  });
