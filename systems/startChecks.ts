import type { Runbook } from '../workflows/kit/runbook.js';
import type { FurtherCheck } from './examine.js';
import { explainIssues } from './issues.js';
import { knownFields } from './knownFields.js';
import { isObject, type Part } from './part.js';
import { partsOf } from './parts.js';
import { type Finding, type Path, pathOf } from './problem.js';
import { type System, systemSchema } from './schema.js';
import { suggest } from './suggest.js';

/** What an incident says itself when it starts a runbook. */
const FILLED = { system: '', reason: 'x', requestedBy: 'x' };

/**
 * What is wrong with the runbooks that `incidents.runbooks` and `incidents.checklist` start: what the first step of such a run would
 * find. Not part of every load, because it needs the catalogue.
 */
export function checkStarts(runbooks: Readonly<Record<string, Runbook>>): FurtherCheck {
  return (merged) => {
    const { root, oncall } = partsOf(merged);
    // Without its incidents: their mistakes must not hide what a runbook has against its input.
    const { incidents: _, ...rest } = root;
    const system = systemSchema.safeParse(rest).data;
    const name = typeof root['name'] === 'string' ? root['name'] : 'x';
    return [...oncall.suggested, ...oncall.checklist].flatMap((part) => startProblems(part, name, system, runbooks));
  };
}

function startProblems(
  { path, fields }: Part,
  name: string,
  system: System | undefined,
  runbooks: Readonly<Record<string, Runbook>>,
): Finding[] {
  const start = fields['start'];
  if (!isObject(start)) return [];
  const { runbook: id, input = {} } = start;
  if (typeof id !== 'string' || id === '' || !isObject(input)) return [];
  const at: Path = [...path, 'start'];
  const runbook = Object.hasOwn(runbooks, id) ? runbooks[id] : undefined;
  if (runbook === undefined) {
    const advice = suggest(id, Object.keys(runbooks), 'known runbooks');
    return [{ path: [...at, 'runbook'], message: `there is no runbook "${id.slice(0, 80)}"; ${advice}` }];
  }
  const own = Object.keys(FILLED).filter((field) => Object.hasOwn(input, field));
  return [
    ...own.map((field) => ({ path: [...at, 'input', field], message: 'is filled in by the incident; remove it' })),
    ...inputProblems(runbook, filled(runbook, input, name), system).map((finding) => ({
      path: [...at, 'input', ...finding.path],
      message: finding.message,
    })),
  ];
}

function filled(runbook: Runbook, input: Record<string, unknown>, system: string): Record<string, unknown> {
  const known = knownFields(runbook.input, []);
  const wanted = Object.entries({ ...FILLED, system }).filter(([field]) => known.includes(field));
  return { ...input, ...Object.fromEntries(wanted) };
}

function inputProblems(runbook: Runbook, raw: unknown, system: System | undefined): Finding[] {
  const parsed = runbook.input.safeParse(raw);
  if (!parsed.success) return explainIssues(runbook.input, raw, parsed.error.issues);
  if (system === undefined) return [];
  return (runbook.crossCheck?.(parsed.data, system) ?? []).map(({ path, message }) => ({
    path: pathOf(path),
    message,
  }));
}
