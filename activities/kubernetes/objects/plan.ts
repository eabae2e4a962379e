import { isBuiltIn, kindName, listIn, mapIn, type Thing, without } from './model.js';

/**
 * throwaway: for a rehearsal beside what is live. asleep: a copy for people, beside what is live. awake: in the place of a
 * namespace that is gone.
 */
export type Mode = 'throwaway' | 'asleep' | 'awake';

export interface Plan {
  /** What is really created; undefined when the server is only asked whether it would take the object (dry run). */
  store?: Thing;
  /** What a person must know or do. */
  note?: string;
}

/** Annotation of what was put to sleep: JSON of the fields as they were. */
export const ASLEEP = 'belay.dev/asleep';

/** Kinds that only lie there: nothing outside of the namespace acts on them, once no pod runs. */
const INERT = new Set([
  'Secret',
  'ConfigMap',
  'ServiceAccount',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy.networking.k8s.io',
  'PodDisruptionBudget.policy',
  'Deployment.apps',
  'StatefulSet.apps',
  'ReplicaSet.apps',
  'CronJob.batch',
  'Job.batch',
]);

/**
 * What becomes of one object. A rehearsal must not touch production, and controllers of others follow labels, annotations and custom
 * resources in every namespace (they copy Secrets, set DNS records, order machines): therefore only inert kinds are created, and
 * those bare of labels and annotations; a dry run shows the server every object as it is. Pure.
 */
export function planFor(thing: Thing, mode: Mode): Plan {
  if (mode === 'awake') return { store: thing };
  const name = kindName(thing);
  if (thing.metadata.namespace === undefined)
    return mode === 'asleep' && isBuiltIn(thing) && name !== 'PersistentVolume' ? { store: thing } : {};
  const bare = withMeta(thing, without(thing.metadata, 'finalizers'));
  if (mode === 'throwaway')
    return INERT.has(name) ? { store: withMeta(asleep(bare), without(bare.metadata, 'labels', 'annotations')) } : {};
  if (INERT.has(name) || name === 'HorizontalPodAutoscaler.autoscaling') return { store: marked(bare, asleep(bare)) };
  if (name === 'Service') return { store: withMeta(inside(bare), without(bare.metadata, 'annotations')) };
  return { note: `${name} ${thing.metadata.name} was not created: beside the live one it would act` };
}

const withMeta = (thing: Thing, metadata: Record<string, unknown>): Thing => ({
  ...thing,
  metadata: { ...metadata, name: thing.metadata.name },
});

/** A workload that has no pods. */
function asleep(thing: Thing): Thing {
  const spec = mapIn(thing['spec']);
  switch (kindName(thing)) {
    case 'Deployment.apps':
    case 'StatefulSet.apps':
    case 'ReplicaSet.apps':
      return { ...thing, spec: { ...spec, replicas: 0 } };
    case 'CronJob.batch':
    case 'Job.batch':
      return { ...thing, spec: { ...spec, suspend: true } };
    default:
      return thing;
  }
}

function marked(before: Thing, after: Thing): Thing {
  if (before === after) return after;
  const { replicas, suspend } = mapIn(before['spec']);
  const annotations = { ...after.metadata.annotations, [ASLEEP]: JSON.stringify({ replicas, suspend }) };
  return withMeta(after, { ...after.metadata, annotations });
}

/** A Service without an address or a port outside of the cluster. */
function inside(thing: Thing): Thing {
  const spec = mapIn(thing['spec']);
  if (spec['type'] !== 'LoadBalancer' && spec['type'] !== 'NodePort')
    return withSpec(thing, without(spec, 'externalIPs'));
  const rest = without(
    spec,
    'externalIPs',
    'loadBalancerIP',
    'loadBalancerClass',
    'loadBalancerSourceRanges',
    'allocateLoadBalancerNodePorts',
    'externalTrafficPolicy',
  );
  return withSpec(thing, { ...rest, type: 'ClusterIP', ...(rest['ports'] ? { ports: listIn(rest['ports']) } : {}) });
}

const withSpec = (thing: Thing, spec: Record<string, unknown>): Thing => ({ ...thing, spec });
