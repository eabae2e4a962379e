import type { HostComponent } from './host/index.js';
import { httpProbe } from './kit/probes.js';
import { freePort } from './kit/ports.js';
import type { ComponentName, PartName, Progress, SandboxState } from './kit/types.js';
import { startMail } from './mail/start.js';
import { startPagerduty } from './pagerduty/start.js';

let loading: Promise<unknown> = Promise.resolve();

/** Parts start side by side, but their modules are loaded one after another: Jest cannot load two at once that share others. */
function load<T>(module: () => Promise<T>): Promise<T> {
  const loaded = loading.then(module);
  loading = loaded.catch(() => undefined);
  return loaded;
}

/** What starting a part adds to the sandbox's state. */
export type Started = { pids: Record<string, number> } & Partial<
  Pick<
    SandboxState,
    | 'temporal'
    | 'kubernetes'
    | 'services'
    | 'registry'
    | 'slack'
    | 'prometheus'
    | 'alertmanager'
    | 'objectstore'
    | 'programs'
    | 'postgres'
    | 'redis'
    | 'mongodb'
    | 'aws'
    | 'statuspage'
    | 'pagerduty'
    | 'mail'
  >
>;

export interface Part {
  name: PartName;
  components: ComponentName[];
  /** Parts whose addresses it uses; they are started before it, and it is started anew when they are. */
  needs: PartName[];
  /** Started only when asked for by name: most people do not need it, or it is slow to install. */
  optional?: boolean;
  start(context: StartContext): Promise<Started>;
  /** Throws when what the state says does not answer. */
  check(state: SandboxState): Promise<void>;
}

export interface StartContext {
  state: SandboxState;
  components: ComponentName[];
  progress: Progress;
}

/** Every part, in dependency order. Modules are loaded when needed: the CLI's other commands never pay for them. */
export const PARTS: readonly Part[] = [
  {
    name: 'temporal',
    components: ['temporal'],
    needs: [],
    async start({ state, progress }) {
      const { startTemporal } = await load(() => import('./temporal/index.js'));
      // The usual ports where they are free, so that a person's bookmark of the UI works after the next `up`.
      const usual = state.name === 'default';
      const ports = usual ? { grpc: await freePort(7233), ui: await freePort(8233) } : {};
      return startTemporal({ dir: state.dir, ports, persistent: state.persistent ?? false, progress });
    },
    async check({ temporal }) {
      const { checkTemporal } = await load(() => import('./temporal/index.js'));
      await checkTemporal(required(temporal));
    },
  },
  {
    name: 'kubernetes',
    components: ['kubernetes'],
    needs: [],
    async start({ state, progress }) {
      const { startKubernetes } = await load(() => import('./kubernetes/index.js'));
      return startKubernetes({ dir: state.dir, progress });
    },
    async check({ kubernetes }) {
      const { checkKubernetes } = await load(() => import('./kubernetesCheck.js'));
      await checkKubernetes(required(kubernetes));
    },
  },
  {
    name: 'host',
    components: ['services', 'registry', 'slack'],
    needs: ['kubernetes'],
    async start({ state, components, progress }) {
      const { startHost } = await load(() => import('./host/index.js'));
      const wanted = components.filter((name): name is HostComponent => HOST_COMPONENTS.has(name));
      const { kubeconfig } = required(state.kubernetes);
      return startHost({ dir: state.dir, kubeconfig, components: wanted, progress });
    },
    async check({ services, registry, slack }) {
      // Any status is an answer: each of them refuses a request to its root in its own way.
      const urls = [services?.url, registry && `http://${registry.host}/v2/`, slack?.url];
      await Promise.all(urls.filter((url) => url !== undefined).map((url) => httpProbe(url, () => true)()));
    },
  },
  {
    name: 'prometheus',
    components: ['prometheus'],
    needs: ['host'],
    async start({ state, progress }) {
      const { startPrometheus } = await load(() => import('./prometheus.js'));
      const { host } = new URL(required(state.services).url);
      return startPrometheus({ dir: state.dir, targets: [{ job: 'sandbox', targets: [host] }], progress });
    },
    async check({ prometheus }) {
      await httpProbe(`${required(prometheus).url}/-/ready`)();
    },
  },
  {
    name: 'alertmanager',
    components: ['alertmanager'],
    needs: [],
    optional: true,
    async start({ state, progress }) {
      const { startAlertmanager } = await load(() => import('./alertmanager/index.js'));
      return startAlertmanager({ dir: state.dir, progress });
    },
    async check({ alertmanager }) {
      await httpProbe(`${required(alertmanager).url}/-/ready`)();
    },
  },
  {
    name: 'objectstore',
    components: ['objectstore'],
    needs: [],
    async start({ state, progress }) {
      // One after the other: Jest cannot load two modules at once that share others.
      const { startObjectStore } = await load(() => import('./objectstore.js'));
      const { backupPrograms } = await load(() => import('./programs.js'));
      // A store is there for backups, and each of those needs them.
      const programs = await backupPrograms(progress);
      return { ...(await startObjectStore({ dir: state.dir, progress })), programs };
    },
    async check({ objectstore }) {
      await httpProbe(`${required(objectstore).endpoint}/health`)();
    },
  },
  {
    name: 'postgres',
    components: ['postgres'],
    needs: [],
    async start({ state, progress }) {
      const { startPostgres } = await load(() => import('./postgres/index.js'));
      return startPostgres({ dir: state.dir, progress });
    },
    async check({ postgres }) {
      const { checkPostgres } = await load(() => import('./postgres/index.js'));
      await checkPostgres(required(postgres));
    },
  },
  {
    name: 'redis',
    components: ['redis'],
    needs: [],
    optional: true,
    async start({ state, progress }) {
      const { startRedis } = await load(() => import('./redis/index.js'));
      return startRedis({ dir: state.dir, progress });
    },
    async check({ redis }) {
      const { pingRedis } = await load(() => import('./redis/index.js'));
      await pingRedis(required(redis));
    },
  },
  {
    name: 'mongodb',
    components: ['mongodb'],
    needs: [],
    optional: true,
    async start({ state, progress }) {
      const { startMongodb } = await load(() => import('./mongodb/index.js'));
      return startMongodb({ dir: state.dir, progress });
    },
    async check({ mongodb }) {
      const { pingMongodb } = await load(() => import('./mongodb/index.js'));
      await pingMongodb(required(mongodb));
    },
  },
  {
    name: 'aws',
    components: ['aws'],
    needs: [],
    optional: true,
    async start({ state, progress }) {
      const { startAws } = await load(() => import('./aws/index.js'));
      return startAws({ dir: state.dir, progress });
    },
    async check({ aws }) {
      await httpProbe(`${required(aws).endpoint}/_sandbox/health`)();
    },
  },
  {
    name: 'statuspage',
    components: ['statuspage'],
    needs: [],
    optional: true,
    async start({ state, progress }) {
      const { startStatuspage } = await load(() => import('./statuspage/start.js'));
      return startStatuspage({ dir: state.dir, progress });
    },
    async check({ statuspage }) {
      await httpProbe(new URL('/_sandbox/components', required(statuspage).url).toString())();
    },
  },
  {
    name: 'pagerduty',
    components: ['pagerduty'],
    needs: [],
    optional: true,
    // Loaded already, as it is small: Jest cannot load two modules at once that share others.
    start: ({ state, progress }) => startPagerduty({ dir: state.dir, progress }),
    async check({ pagerduty }) {
      await httpProbe(`${required(pagerduty).url}/_sandbox/incidents`)();
    },
  },
  {
    name: 'mail',
    components: ['mail'],
    needs: [],
    optional: true,
    start: ({ state, progress }) => startMail({ dir: state.dir, progress }),
    async check({ mail }) {
      await httpProbe(`${required(mail).url}/_sandbox/messages`)();
    },
  },
];

const HOST_COMPONENTS = new Set<ComponentName>(['services', 'registry', 'slack']);

/** All components, in the order in which they are listed to people. */
export const COMPONENTS: readonly ComponentName[] = PARTS.flatMap((part) => part.components);

/** What is started when nobody says what is wanted. */
export const DEFAULT_COMPONENTS: readonly ComponentName[] = PARTS.filter((part) => !part.optional).flatMap(
  (part) => part.components,
);

/** The wanted components together with those that they cannot do without. */
export function withNeeds(components: readonly ComponentName[]): ComponentName[] {
  const all = new Set(components);
  if (all.has('prometheus')) all.add('services');
  if ([...HOST_COMPONENTS].some((name) => all.has(name))) all.add('kubernetes');
  return COMPONENTS.filter((name) => all.has(name));
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not started');
  return value;
}
