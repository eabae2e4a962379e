import type { PodEvidence, RunRef, WorkloadKind, WorkloadRef, WriteIdentity } from '../types.js';

/** Where a system runs. `context` is a kubeconfig context of the worker; its current one when left out. */
export interface Place {
  context?: string;
  namespace: string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type WakerKind =
  'HorizontalPodAutoscaler' | 'ScaledObject' | 'CronJob' | 'Application' | 'Kustomization' | 'HelmRelease';
export type RouteKind = 'Ingress' | 'HTTPRoute';
export type SavedKind = WorkloadKind | WakerKind | RouteKind;

export interface ObjectRef {
  kind: SavedKind;
  /** Group and version as the API server serves it, e.g. `apps/v1`. */
  apiVersion: string;
  /** GitOps objects may live in another namespace than the system. */
  namespace: string;
  name: string;
  uid: string;
}

/** How an object is called in plans, reports and `covers`: `Deployment/web`, with its namespace when that is another one. */
export type ObjectKey = string;

/**
 * An object as it was before the shutdown, with nothing but what Belay may touch and what people want to know. workload: runs pods.
 * waker: would start pods or undo our changes. route: brings traffic.
 */
export interface SavedObject {
  ref: ObjectRef;
  role: 'workload' | 'waker' | 'route';
  /** Tier of a described workload; none for one that the description does not name. */
  tier?: string;
  /** Of a waker: the workload that it scales, e.g. `Deployment/web`. */
  target?: ObjectKey;
  /** Every field that Belay may change, by JSON pointer (RFC 6901); null where the object had none. */
  fields: Record<string, Json>;
  /** For people and the drift report: templateHash, images, ready, pods, min, max, conditions, scaledToZero, hosts, owner … */
  facts: Record<string, Json>;
}

/** Seen and told, never touched. */
export interface Surroundings {
  services: { name: string; readyEndpoints: number }[];
  runningJobs: { name: string; active: number; cronJob?: string }[];
  budgets: { name: string; disruptionsAllowed: number }[];
}

/** State of a system before it was stopped. Never a template, an env value or a secret. */
export interface Snapshot {
  formatVersion: 1;
  id: string;
  system: string;
  place: Place;
  /** ISO, of the worker's clock. */
  takenAt: string;
  run: RunRef;
  objects: SavedObject[];
  surroundings: Surroundings;
}

/** What a look at the system finds, before anything is touched. */
export interface Survey {
  objects: SavedObject[];
  surroundings: Surroundings;
  /** Workloads that Temporal or this very worker runs in: they are left running. */
  ours: { key: ObjectKey; why: string }[];
  /** Verbs on resources that the worker's identity lacks, e.g. `patch ingresses.networking.k8s.io`. */
  missingRights: string[];
  /** Described workloads that do not exist, kinds that could not be listed, a namespace that is being deleted. Sentences. */
  problems: string[];
  /** Ids of the snapshots of a shutdown that has not been recovered, oldest first. */
  down: string[];
}

export interface SurveyInput {
  place: Place;
  system: string;
  /** Described workloads. */
  workloads: { kind: WorkloadKind; name: string; tier: string }[];
  /** GitOps objects that the description names, beside those that marks on the workloads lead to. */
  gitops: { kind: 'Application' | 'Kustomization' | 'HelmRelease'; namespace: string; name: string }[];
}

/** One snapshot as it is kept: in an immutable ConfigMap of the namespace, and in the evidence store. */
export interface KeptSnapshot {
  id: string;
  /** sha256 of its canonical JSON, hex. */
  digest: string;
  takenAt: string;
  covers: ObjectKey[];
  /** Name of the ConfigMap; empty when the cluster did not take it. */
  configMap: string;
  /** Reference in the evidence store; empty when that did not take it. */
  stored: string;
}

/** All snapshots of the present shutdown put together. An object is in the first one only that saw it. */
export interface Remembered {
  snapshots: KeptSnapshot[];
  objects: SavedObject[];
  surroundings: Surroundings;
  /** Sentences: a copy that is missing or damaged although another one served. */
  warnings: string[];
}

export type ReadSnapshot =
  | ({ found: true } & Remembered)
  /** None is left that can be trusted. `guess`: what marks on the objects and autoscalers suggest, with the source of each value. */
  | { found: false; problem: string; guess: (SavedObject & { because: string })[] };

/** A change of one object. */
export interface Change {
  key: ObjectKey;
  /** changed: written now. already: stood as asked. gone: no such object, or another UID. failed: see `problem`. */
  outcome: 'changed' | 'already' | 'gone' | 'failed';
  /** Cause, for failed and gone. */
  problem?: string;
  /** Exact command with which a person does the same, for failed. */
  command?: string;
}

/** The wanted values of an object's fields, by JSON pointer; null removes the field. */
export interface FieldChange {
  ref: ObjectRef;
  fields: Record<string, Json>;
}

/** A workload whose pods did not go, or did not come. */
export interface Laggard {
  key: ObjectKey;
  /** Pods that are left, or ready pods so far. */
  count: number;
  /** Why, in words: finalizers, a node that does not answer, doomed containers … */
  why: string;
  /** Exact command for a person, of pods that do not go. */
  command?: string;
  evidence: PodEvidence[];
}

export interface Difference {
  key: ObjectKey;
  /** JSON pointer, or the name of a fact. */
  what: string;
  was: Json;
  is: Json;
}

/** Stopping a whole system and bringing it back; all on many objects at once, because seconds count. */
export interface EmergencyActivities {
  /** Read-only. */
  surveySystem: (input: SurveyInput) => Promise<Survey>;
  /**
   * Saves the state of those `keys` that no earlier snapshot of this shutdown covers, create-only, in the cluster and in the
   * evidence store; gives all snapshots of this shutdown. One copy is enough to go on, none throws `SnapshotFailed`. A repeat, and a second
   * shutdown, adopt what is there. `id` is the id of a new one.
   */
  takeSnapshot: (
    input: SurveyInput & { id: string; keys: ObjectKey[]; run: RunRef },
  ) => Promise<Remembered & { adopted: boolean }>;
  /**
   * Read-only. By id, or all of the present shutdown (`latest`; without one, the newest in the evidence store). `lastKnownGood` is the same:
   * what is whole is better than any guess.
   */
  readSnapshot: (input: SurveyInput & { snapshot: string }) => Promise<ReadSnapshot>;
  /**
   * Sets fields, each object guarded by its UID; never throws for one object. `mark` also writes the annotation `belay.dev/stopped` (JSON:
   * snapshot id and the fields as they were), `unmark` removes it. Safe to repeat.
   */
  setFields: (input: {
    place: Place;
    changes: FieldChange[];
    mark?: { snapshot: string; was: Record<ObjectKey, Record<string, Json>> };
    unmark?: boolean;
    run: RunRef;
  }) => Promise<Change[]>;
  /**
   * Waits with one watch until no pod of the workloads is left, terminating ones included. `kill` deletes them with no grace. Heartbeats.
   * Gives what is left at `deadlineAt` (ms since the epoch), stuck pods named, and sooner when all that is left is to have pods again.
   * `pods`: how many are left in all.
   */
  waitStopped: (input: {
    place: Place;
    workloads: ObjectRef[];
    deadlineAt: number;
    kill: boolean;
  }) => Promise<{ left: Laggard[]; pods: number; tookMs: number }>;
  /** Waits with one watch until each workload has so many ready pods and its controller says complete. Heartbeats. */
  waitReady: (input: {
    place: Place;
    workloads: { ref: ObjectRef; replicas: number }[];
    deadlineAt: number;
  }) => Promise<{ left: Laggard[]; tookMs: number }>;
  /** Specs (env values hidden), events and the last log lines of the pods, into the evidence store, create-only. Never a secret. */
  collectEvidence: (input: {
    place: Place;
    system: string;
    id: string;
    workloads: ObjectRef[];
    run: RunRef;
    /** ms since the epoch: by then what there is has its index, and `problems` says what is left out. */
    deadlineAt?: number;
  }) => Promise<{ reference: string; pods: number; bytes: number; problems: string[] }>;
  /**
   * Read-only. What would keep these workloads from coming back: objects gone or replaced, images that the registry does not know, config
   * maps, secrets and claims that are referenced and missing, room on the nodes and in quotas, rights, a namespace that goes.
   * `drift`: what changed while the system was down, templates and autoscaler bounds included.
   */
  checkRecovery: (input: {
    place: Place;
    objects: SavedObject[];
    images: { insecureRegistries: string[]; mirrors: Record<string, string> };
    /** ISO time of the first snapshot: what is older has not appeared since, even when no snapshot has it. */
    since?: string;
  }) => Promise<{ problems: string[]; warnings: string[]; drift: Difference[] }>;
  /** Read-only. Differences between the snapshot and the present in every field that Belay may touch; empty when all is back. */
  compareWithSnapshot: (input: { place: Place; objects: SavedObject[] }) => Promise<Difference[]>;
  /**
   * Takes the mark "down" off the system, for these snapshots; for all, the lost ones too, when none is named. The snapshots stay.
   * Idempotent.
   */
  closeShutdown: (input: { place: Place; system: string; snapshots: string[]; run: RunRef }) => Promise<void>;
  /** Sets an autoscaler's bounds; `previous` are those before this run's first such write. */
  setAutoscalerRange: (input: {
    ref: WorkloadRef;
    autoscaler: string;
    min: number;
    max: number;
    run: RunRef;
  }) => Promise<{ previous: { min: number; max: number } }>;
  /** Rolls the pods as `kubectl rollout restart` does, guarded by UID and template. A repeat finds its own write. */
  restartWorkload: (input: {
    ref: WorkloadRef;
    uid: string;
    templateHash: string;
    run: RunRef;
  }) => Promise<WriteIdentity>;
}
