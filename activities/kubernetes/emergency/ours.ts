import { selects } from '../model/selector.js';
import type { Service } from './shapes.js';
import type { Survey } from './types.js';
import type { Seen } from './workloads.js';

/** Environment of this process that tells which pod it runs in, if any. */
export interface OwnEnvironment {
  POD_NAME?: string | undefined;
  POD_NAMESPACE?: string | undefined;
  HOSTNAME?: string | undefined;
}

const TEMPORAL_IMAGE = /(?:^|\/)temporalio\/(?:server|auto-setup|admin-tools|ui)$/;
const BELAY_NAME = /^belay(?:-|$)/;
/** How Temporal's own images are told where their databases are. */
const SEEDS = /^(?:POSTGRES|MYSQL|CASSANDRA|ES)_SEEDS$/;

/**
 * Workloads that the automation itself needs: Temporal, the databases that its containers name, and this worker. They are left
 * running, because a stopped one could not bring anything back. Pure.
 */
export function oursOf(
  namespace: string,
  seen: Seen[],
  services: Service[],
  environment: OwnEnvironment,
): Survey['ours'] {
  const direct = seen.flatMap((one) => {
    const why = temporalBecause(one) ?? workerBecause(namespace, one, environment);
    return why === undefined ? [] : [{ one, why }];
  });
  const known = new Set(direct.map(({ one }) => one));
  const databases = direct.flatMap(({ one }) =>
    seedsOf(namespace, one).flatMap(({ host, variable }) => {
      const selector = services.find((service) => service.metadata.name === host)?.spec?.selector;
      return seen
        .filter((other) => !known.has(other) && isSelected(other, selector))
        .map((other) => ({
          one: other,
          why: `${keyOf(one)} keeps its data there (${variable} names Service ${host})`,
        }));
    }),
  );
  const found = new Map([...databases, ...direct].map(({ one, why }) => [keyOf(one), why]));
  return [...found].map(([key, why]) => ({ key, why }));
}

const keyOf = ({ kind, workload }: Seen): string => `${kind}/${workload.metadata.name}`;

const labelsOf = ({ workload: { metadata, spec } }: Seen): Record<string, string> => ({
  ...spec.template.metadata?.labels,
  ...metadata.labels,
});

function temporalBecause(one: Seen): string | undefined {
  const { spec } = one.workload.spec.template;
  const image = [...spec.containers, ...(spec.initContainers ?? [])]
    .map((container) => container.image ?? '')
    .find((name) => TEMPORAL_IMAGE.test(repositoryOf(name)));
  if (image !== undefined) return `Temporal runs in it (image ${image})`;
  const labels = labelsOf(one);
  const label = ['app.kubernetes.io/part-of', 'app.kubernetes.io/name'].find((name) => labels[name] === 'temporal');
  return label === undefined ? undefined : `it is part of Temporal (label ${label}=temporal)`;
}

/** An image without tag and digest. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/]*$/, '');

function workerBecause(namespace: string, one: Seen, environment: OwnEnvironment): string | undefined {
  const name = labelsOf(one)['app.kubernetes.io/name'] ?? '';
  if (BELAY_NAME.test(name)) return `Belay runs in it (label app.kubernetes.io/name=${name})`;
  if ((environment.POD_NAMESPACE ?? namespace) !== namespace) return undefined;
  const self = environment.POD_NAME ?? environment.HOSTNAME;
  return one.pods.some((pod) => pod.metadata.name === self) ? `this worker runs in its pod ${self}` : undefined;
}

/** Services of the namespace that a Temporal container names as its databases: `postgres`, or `postgres.prod.svc`. */
function seedsOf(namespace: string, { workload }: Seen): { host: string; variable: string }[] {
  return workload.spec.template.spec.containers.flatMap(({ env = [] }) =>
    env
      .filter(({ name }) => SEEDS.test(name))
      .flatMap(({ name, value = '' }) =>
        value.split(',').flatMap((seed) => {
          const [host = '', inside = namespace] = seed.trim().split(':')[0]?.split('.') ?? [];
          return host !== '' && inside === namespace ? [{ host, variable: name }] : [];
        }),
      ),
  );
}

/** A Service without a selector leads to nothing that is known here. */
const isSelected = ({ workload }: Seen, selector: Record<string, string> | undefined): boolean =>
  selector !== undefined && selects({ matchLabels: selector }, workload.spec.template.metadata?.labels);
