import { verbDescriptions } from '../workflows/kit/verbTexts.js';
import { fieldsOf, inputSchema } from './fields.js';
import type { Field } from './fields.js';
import type { Runbook } from '../workflows/kit/runbook.js';

/** Everything that people are told about a runbook, as data: help, docs page and JSON come from it. */
export interface Description {
  id: string;
  title: string;
  purpose: string;
  changes: string;
  risk: string;
  undo: string;
  approval: string;
  expectedDuration: string;
  fields: Field[];
  inputSchema: unknown;
  examples: { title: string; input: unknown }[];
  verbs: Record<string, string>;
  updates: Record<string, string>;
  failures: { type: string; exitCode: number; meaning: string }[];
}

/** Describes a catalogue entry. `exitCodeOf` maps a failure type to the CLI's exit code. */
export function describeRunbook(runbook: Runbook, exitCodeOf: (outcome: string) => number): Description {
  const { id, title, purpose, changes, risk, undo, approval, expectedDuration, examples } = runbook;
  const schema = inputSchema(runbook);
  return {
    ...{ id, title, purpose, changes, risk, undo, approval, expectedDuration, examples },
    fields: fieldsOf(schema),
    inputSchema: schema,
    verbs: Object.fromEntries(runbook.verbs.map((verb) => [verb, verbDescriptions[verb]])),
    updates: runbook.updates ?? {},
    failures: Object.entries(runbook.failures).map(([type, meaning]) => ({
      type,
      exitCode: exitCodeOf(type),
      meaning,
    })),
  };
}
