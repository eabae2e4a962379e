import type { Pod } from '../model/objects.js';
import type { ObjectKey, SavedObject, SurveyInput } from './types.js';

const MAX_NAMES = 5;

export interface Sight {
  /** Those of kinds that could be read. */
  described: SurveyInput['workloads'];
  workloads: SavedObject[];
  /** Pods of no workload. */
  others: Pod[];
  /** Workloads that a GitOps tool manages, nobody knows by which object. */
  unnamed: ObjectKey[];
}

/** What a person should know before the system is stopped. Pure. */
export function problemsOf(namespace: string, { described, workloads, others, unnamed }: Sight): string[] {
  return [
    ...missing(namespace, described, workloads),
    ...operated(workloads),
    ...anonymous(unnamed),
    ...homeless(others),
  ];
}

function missing(namespace: string, described: SurveyInput['workloads'], found: SavedObject[]): string[] {
  const keys = new Set(found.map(({ ref }) => `${ref.kind}/${ref.name}`));
  return described
    .map(({ kind, name }) => `${kind}/${name}`)
    .filter((key) => !keys.has(key))
    .map(
      (key) =>
        `${key} is in the system's description and not in namespace ${namespace}: correct its kind or name there, or take it off.`,
    );
}

/** A custom resource's operator puts the number of replicas back. */
function operated(workloads: SavedObject[]): string[] {
  return workloads.flatMap(({ ref, facts }) =>
    typeof facts['owner'] === 'string'
      ? [
          `${ref.kind}/${ref.name} belongs to ${facts['owner']}, whose operator may start it again: stop it by that object, too.`,
        ]
      : [],
  );
}

function anonymous(unnamed: ObjectKey[]): string[] {
  if (unnamed.length === 0) return [];
  return [
    `Argo CD manages ${listed(unnamed)} and no mark tells by which Application: name it under gitops in the system's description, else it may undo what is stopped.`,
  ];
}

/** Pods that run on their own, or by something else than the kinds that can be stopped here. Jobs end by themselves. */
function homeless(pods: Pod[]): string[] {
  const running = pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      !['Succeeded', 'Failed'].includes(status?.phase ?? '') &&
      metadata.ownerReferences?.find((owner) => owner.controller)?.kind !== 'Job',
  );
  if (running.length === 0) return [];
  const names = running.map(({ metadata }) => {
    const owner = metadata.ownerReferences?.find((one) => one.controller);
    return owner ? `${metadata.name} (of ${owner.kind} ${owner.name})` : metadata.name;
  });
  return [
    `${running.length} pods belong to no Deployment, StatefulSet, DaemonSet or Job and go on running: ${listed(names)}. Stop what made them, or delete them with kubectl delete pod.`,
  ];
}

function listed(names: string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
}
