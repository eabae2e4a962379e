import { explainIssues } from '../systems/issues.js';
import { isObject, type Part } from '../systems/parts.js';
import { type Finding, type Path, pathOf } from '../systems/problem.js';
import type { System } from '../systems/schema.js';
import type { Schedule } from '../systems/scheduleSchema.js';
import { suggest } from '../systems/suggest.js';
import type { Runbook } from '../workflows/kit/runbook.js';
import { filledFields, filledInput } from './input.js';

/**
 * What is wrong with the runbook and the input of one schedule: what the run's first step would find, before there is a run. Works on the raw
 * fields, so that a mistake elsewhere in the schedule hides nothing. Pure.
 */
export function inputProblems(
  { path, fields }: Part<Schedule>,
  systemName: string,
  system: System | undefined,
  runbooks: Readonly<Record<string, Runbook>>,
): Finding[] {
  const { runbook: id, input = {}, reason } = fields;
  if (typeof id !== 'string' || id === '') return [];
  const runbook = Object.hasOwn(runbooks, id) ? runbooks[id] : undefined;
  if (runbook === undefined) {
    const advice = suggest(id, Object.keys(runbooks), 'known runbooks');
    return [{ path: [...path, 'runbook'], message: `there is no runbook "${id.slice(0, 80)}"; ${advice}` }];
  }
  if (!isObject(input)) return [];
  const findings: Finding[] = filledFields
    .filter((field) => Object.hasOwn(input, field))
    .map((field) => ({ path: [...path, 'input', field], message: cure(field) }));

  const schedule = { id: 'x', reason: typeof reason === 'string' && reason.trim() !== '' ? reason : 'x' };
  const raw = filledInput({ ...schedule, input: input as Schedule['input'] }, systemName, runbook);
  const parsed = runbook.input.safeParse(raw);
  if (!parsed.success) findings.push(...explainIssues(runbook.input, raw, parsed.error.issues).map(at(path)));
  else if (system !== undefined) {
    const problems = runbook.crossCheck?.(parsed.data, system) ?? [];
    findings.push(...problems.map(({ path: text, message }) => at(path)({ path: pathOf(text), message })));
  }
  return findings;
}

function cure(field: (typeof filledFields)[number]): string {
  if (field === 'reason') return "is taken from the schedule's own `reason`; remove it here";
  return `is filled in${field === 'system' ? " with this system's name" : ' with schedule:<id>'}; remove it`;
}

/** Where a problem of the whole input stands in the description. */
function at(path: Path): (finding: Finding) => Finding {
  return ({ path: inner, message }) => ({
    path: inner[0] === 'reason' && inner.length === 1 ? [...path, 'reason'] : [...path, 'input', ...inner],
    message,
  });
}
