import type { ZodType } from 'zod';
import type { System } from '../../systems/schema.js';
import type { VerbName } from './messages.js';

/** Part of a system's description that a runbook cannot do without. */
export type Need = 'kubernetes' | 'workloads' | 'prometheus' | 'alertmanager' | 'backups' | 'incidents';

export interface InputProblem {
  path: string;
  message: string;
}

/** Catalogue entry of a runbook: CLI help, validation, docs page and the UI deep link come from it. Never in the workflow bundle. */
export interface Runbook<Input = unknown> {
  /** Workflow type name. */
  id: string;
  title: string;
  purpose: string;
  input: ZodType<Input>;
  examples: { title: string; input: unknown }[];
  /** What it changes in the outside world. */
  changes: string;
  risk: 'none' | 'low' | 'medium' | 'high';
  /** How it is undone. */
  undo: string;
  /** Who approves, when. */
  approval: string;
  expectedDuration: string;
  verbs: VerbName[];
  /** Updates of its own, beside the verbs that runs share: name → what it does. */
  updates?: Record<string, string>;
  /** Failure types it can end with, and what each means to the reader. */
  failures: Record<string, string>;
  /** Parts of the description that it cannot work without. */
  needs: readonly Need[];
  /** Problems that need the system's description to be seen. */
  crossCheck?: (input: Input, system: System) => InputProblem[];
}
