import { kindName, listIn, mapIn, type Thing, type ThingMeta, without } from './model.js';

const META = [
  'managedFields',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'selfLink',
  'generateName',
  'ownerReferences',
  'deletionGracePeriodSeconds',
];
/** What the cluster has noted about the object's present life. */
const ANNOTATIONS = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
  'kubernetes.io/change-cause',
]);
const JOB_LABELS = new Set([
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'job-name',
  'batch.kubernetes.io/job-name',
]);

/**
 * The object as its author wants it: without what the server adds, binds or assigns, so that it can be applied anywhere. The rules
 * are Velero's. A status stays only where it is an ordinary field (`statusApart` false). Pure.
 */
export function clean(thing: Thing, statusApart: boolean): Thing {
  const kept = statusApart ? (without(thing, 'status') as Thing) : thing;
  const plain: Thing = { ...kept, metadata: cleanMeta(thing.metadata) };
  const rule = RULES[kindName(thing)];
  return rule ? rule(plain) : plain;
}

function cleanMeta(meta: ThingMeta): ThingMeta {
  const rest = without(meta, ...META, 'annotations', 'labels', 'finalizers') as ThingMeta;
  const annotations = Object.entries(meta.annotations ?? {}).filter(([key]) => !ANNOTATIONS.has(key));
  const labels = Object.entries(meta.labels ?? {});
  const finalizers = Array.isArray(meta['finalizers'])
    ? meta['finalizers'].filter((one) => !PROTECTION.test(String(one)))
    : [];
  return {
    ...rest,
    ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
    ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  };
}

/** Added by the cluster itself whenever it is due. */
const PROTECTION =
  /^(kubernetes\.io\/p(vc|v)-protection|kubernetes|customresourcecleanup\.apiextensions\.k8s\.io|batch\.kubernetes\.io\/job-tracking|service\.kubernetes\.io\/load-balancer-cleanup|foregroundDeletion|orphan)$/;

type Rule = (thing: Thing) => Thing;

const withSpec = (thing: Thing, change: (spec: Record<string, unknown>) => Record<string, unknown>): Thing => ({
  ...thing,
  spec: change(mapIn(thing['spec'])),
});

const RULES: Record<string, Rule | undefined> = {
  Namespace: (thing) => {
    const labels = without(thing.metadata.labels ?? {}, 'kubernetes.io/metadata.name') as Record<string, string>;
    const { labels: _, ...metadata } = thing.metadata;
    return {
      ...(without(thing, 'spec') as Thing),
      metadata: Object.keys(labels).length > 0 ? { ...metadata, labels } : metadata,
    };
  },
  Service: (thing) => withSpec(thing, cleanService),
  PersistentVolumeClaim: (thing) => withSpec(thing, (spec) => without(spec, 'volumeName')),
  PersistentVolume: (thing) =>
    withSpec(thing, (spec) =>
      spec['claimRef'] === undefined
        ? spec
        : { ...spec, claimRef: without(mapIn(spec['claimRef']), 'uid', 'resourceVersion') },
    ),
  Pod: (thing) => withSpec(thing, cleanPod),
  'Job.batch': cleanJob,
  ServiceAccount: (thing) => without(thing, 'secrets') as Thing,
  'CustomResourceDefinition.apiextensions.k8s.io': (thing) =>
    withSpec(thing, (spec) => (mapIn(spec['conversion'])['strategy'] === 'None' ? without(spec, 'conversion') : spec)),
};

function cleanService(spec: Record<string, unknown>): Record<string, unknown> {
  const headless = spec['clusterIP'] === 'None';
  const rest = without(spec, 'healthCheckNodePort', ...(headless ? [] : ['clusterIP', 'clusterIPs']));
  if (!Array.isArray(rest['ports'])) return rest;
  return { ...rest, ports: listIn(rest['ports']).map((port) => without(port, 'nodePort')) };
}

/** Bare pods only: those of controllers are not saved. */
function cleanPod(spec: Record<string, unknown>): Record<string, unknown> {
  const isToken = ({ name }: Record<string, unknown>) => /^kube-api-access-\w+$/.test(String(name));
  const containers = (key: string) =>
    Array.isArray(spec[key])
      ? {
          [key]: listIn(spec[key]).map((one) =>
            Array.isArray(one['volumeMounts'])
              ? filled(
                  one,
                  'volumeMounts',
                  listIn(one['volumeMounts']).filter((mount) => !isToken(mount)),
                )
              : one,
          ),
        }
      : {};
  const rest = {
    ...without(spec, 'nodeName', 'priority', 'preemptionPolicy'),
    ...containers('containers'),
    ...containers('initContainers'),
  };
  return Array.isArray(spec['volumes'])
    ? filled(
        rest,
        'volumes',
        listIn(spec['volumes']).filter((volume) => !isToken(volume)),
      )
    : rest;
}

const filled = (map: Record<string, unknown>, key: string, list: unknown[]): Record<string, unknown> =>
  list.length > 0 ? { ...map, [key]: list } : without(map, key);

/** Selector and labels of a Job hold its uid, unless its author has chosen them. */
function cleanJob(thing: Thing): Thing {
  const spec = mapIn(thing['spec']);
  if (spec['manualSelector'] === true) return thing;
  const template = mapIn(spec['template']);
  const meta = mapIn(template['metadata']);
  const unlabelled = (labels: unknown) =>
    Object.fromEntries(Object.entries(mapIn(labels)).filter(([key]) => !JOB_LABELS.has(key)));
  const metadata = filledMap(meta, 'labels', unlabelled(meta['labels']));
  return {
    ...thing,
    metadata: filledMap(thing.metadata, 'labels', unlabelled(thing.metadata.labels)) as ThingMeta,
    spec: { ...without(spec, 'selector'), template: filledMap(template, 'metadata', metadata) },
  };
}

const filledMap = (
  map: Record<string, unknown>,
  key: string,
  value: Record<string, unknown>,
): Record<string, unknown> => (Object.keys(value).length > 0 ? { ...map, [key]: value } : without(map, key));
