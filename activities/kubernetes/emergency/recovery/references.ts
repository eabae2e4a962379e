import type { PodSpec } from '../../model/objects.js';
import type { ObjectKey } from '../types.js';
import type { VolumedWorkload } from '../shapes.js';
import type { Returning } from './identity.js';

export type ReferredKind = 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'PersistentVolumeClaim';

/** Something that a workload's pods cannot start without. */
export interface Reference {
  kind: ReferredKind;
  name: string;
  /** Of a ConfigMap or a Secret; none when all of it is used. */
  key?: string;
  by: ObjectKey;
  /** pods: they do not start. pull: private images may not be pulled. data: they start with an empty volume. emptied: as before, by its own policy. */
  without: 'pods' | 'pull' | 'data' | 'emptied';
}

interface Source {
  name?: string;
  key?: string;
  optional?: boolean;
  items?: { key: string }[];
}

interface Volume {
  configMap?: Source;
  secret?: Source & { secretName?: string };
  projected?: { sources?: { configMap?: Source; secret?: Source }[] };
  csi?: { nodePublishSecretRef?: Source };
  persistentVolumeClaim?: { claimName?: string };
}

interface ReferringContainer {
  env?: { valueFrom?: { configMapKeyRef?: Source; secretKeyRef?: Source } }[];
  envFrom?: { configMapRef?: Source; secretRef?: Source }[];
}

type ReferringSpec = Omit<PodSpec, 'volumes' | 'containers' | 'initContainers'> & {
  containers: ReferringContainer[];
  initContainers?: ReferringContainer[];
  volumes?: Volume[];
  serviceAccountName?: string;
  imagePullSecrets?: Source[];
};

type Claiming = VolumedWorkload['spec'] & { persistentVolumeClaimRetentionPolicy?: { whenScaled?: string } };

/**
 * What the pods of a workload refer to in their namespace, from its live template; what is marked optional is left out. PriorityClasses,
 * RuntimeClasses and the rarer volume drivers are not looked at. Pure.
 */
export function referencesOf(workload: Returning): Reference[] {
  const spec = workload.workload.spec.template.spec as ReferringSpec;
  const by = workload.key;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const env = containers.flatMap(({ env: variables = [], envFrom = [] }) => [
    ...variables.flatMap(({ valueFrom }) => [
      ...uses('ConfigMap', by, valueFrom?.configMapKeyRef),
      ...uses('Secret', by, valueFrom?.secretKeyRef),
    ]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...uses('ConfigMap', by, configMapRef),
      ...uses('Secret', by, secretRef),
    ]),
  ]);
  const account: Reference = {
    kind: 'ServiceAccount',
    name: spec.serviceAccountName ?? 'default',
    by,
    without: 'pods',
  };
  const pull = (spec.imagePullSecrets ?? []).flatMap((source) => uses('Secret', by, source));
  return [
    ...env,
    ...(spec.volumes ?? []).flatMap((volume) => volumeUses(by, volume)),
    account,
    ...pull.map((one): Reference => ({ ...one, without: 'pull' })),
    ...templateClaims(workload),
  ];
}

function uses(kind: 'ConfigMap' | 'Secret', by: ObjectKey, source: Source | undefined): Reference[] {
  if (source?.name === undefined || source.name === '' || source.optional) return [];
  const whole: Reference = { kind, name: source.name, by, without: 'pods' };
  const keys = source.key === undefined ? (source.items ?? []).map((item) => item.key) : [source.key];
  return keys.length === 0 ? [whole] : keys.map((key) => ({ ...whole, key }));
}

function volumeUses(by: ObjectKey, { configMap, secret, projected, csi, persistentVolumeClaim }: Volume): Reference[] {
  const claim = persistentVolumeClaim?.claimName;
  const { secretName, ...rest } = secret ?? {};
  return [
    ...uses('ConfigMap', by, configMap),
    ...(secretName === undefined ? [] : uses('Secret', by, { ...rest, name: secretName })),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...uses('ConfigMap', by, source.configMap),
      ...uses('Secret', by, source.secret),
    ]),
    ...uses('Secret', by, csi?.nodePublishSecretRef),
    ...(claim === undefined ? [] : [{ kind: 'PersistentVolumeClaim', name: claim, by, without: 'pods' } as const]),
  ];
}

/** Claims that a StatefulSet's controller makes for its pods: it makes a missing one anew, without a word and without the data. */
function templateClaims({ key, kind, workload, replicas }: Returning): Reference[] {
  if (kind !== 'StatefulSet') return [];
  const spec: Claiming = workload.spec;
  const without = spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete' ? 'emptied' : 'data';
  const start = spec.ordinals?.start ?? 0;
  return (spec.volumeClaimTemplates ?? []).flatMap((claim) =>
    Array.from({ length: replicas }, (_, index): Reference => {
      const name = `${claim.metadata?.name}-${workload.metadata.name}-${start + index}`;
      return { kind: 'PersistentVolumeClaim', name, by: key, without };
    }),
  );
}
