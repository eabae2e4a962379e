import type { RolloutPolicy } from '../../systems/schema.js';
import type { Container, WorkloadRef, WriteIdentity } from '../../activities/kubernetes/types.js';

/** One workload that a run changes, as planned. Plain data; part of the plan's hash. */
export interface Target {
  ref: WorkloadRef;
  uid: string;
  /** Of the template that stands there when the plan is made. */
  templateHash: string;
  deadlineSeconds: number;
  /** Put back on pause when the run ends. */
  wasPaused: boolean;
  orderedReady: boolean;
}

/** Where a workload goes back to, and why there. Plain data; part of a rollback's plan. */
export interface Destination {
  from: 'savedState' | 'revision';
  /** Secret, or ReplicaSet or ControllerRevision name. */
  name: string;
  templateHash: string;
  images: Container[];
  why: string;
}

/** A change that has begun: what it replaced and what it wrote. Registered before the write. */
export interface Change {
  target: Target;
  /** The state to go back to. */
  destination: Destination;
  image: string;
  digest?: string;
  /** Template hash that the write leads to, as the server's dry run told it. */
  expectedHash: string;
  /** Missing when the write's outcome never reached us. */
  written?: WriteIdentity;
  undo: 'pending' | 'done' | 'leftAlone' | 'failed';
  undoDetail?: string;
  /** A person asked to go on although the check before the rollback advised against it. */
  forced?: boolean;
}

/** Something that speaks against going on. */
export interface Finding {
  kind: 'failed' | 'noVerdict' | 'gateError' | 'superseded' | 'replaced';
  summary: string;
  workload?: string;
  /** Key of the gate that it comes from, see `gateKey`. */
  gate?: string;
  evidence?: unknown;
}

/** Policies after the input had its say. */
export interface Settings {
  onFailure: 'rollback' | 'hold';
  onNoVerdict: 'hold' | 'rollback' | 'continue';
  onGateError: 'hold' | 'rollback' | 'continue';
  bakeSeconds: number;
  images: RolloutPolicy['images'];
}

/** A failed check before the first write. */
export interface Problem {
  target: string;
  check: string;
  /** Cause and cure; reads on from the target's name. */
  message: string;
}
