import type { RolloutOutcome } from '../types.js';

/** What a look at the cluster says, before evidence is gathered. */
export interface Finding {
  outcome: RolloutOutcome;
  /** One sentence. */
  summary: string;
  /** Pods to gather evidence of. */
  culprits: Culprit[];
}

export interface Culprit {
  pod: string;
  container?: string;
  reason: string;
  message?: string;
  exitCode?: number;
  restarts?: number;
}

/** A culprit with one clause that says what is wrong with it. */
export interface Explained extends Culprit {
  words: string;
}

export function asCulpritOnly(explained: Explained): Culprit {
  const { words: _, ...culprit } = explained;
  return culprit;
}
