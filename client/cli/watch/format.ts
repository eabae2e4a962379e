import type { Plan, StepOutcome, StepRecord } from '../../../workflows/kit/types.js';

export const marks: Record<StepOutcome, string> = {
  running: '▶',
  done: '✔',
  failed: '✘',
  skipped: '–',
  cancelled: '◼',
};

/** `850 ms`, `12.3 s`, `4 m 05 s`, `2 h 10 m`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} m ${String(Math.floor((ms % 60_000) / 1_000)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`;
}

/** Time that a step took, or has taken until `now`. */
export function took(step: StepRecord, now: number): string {
  const end = step.endedAt === undefined ? now : Date.parse(step.endedAt);
  return duration(end - Date.parse(step.startedAt));
}

/** How many steps stand above this one. */
export function depth(steps: StepRecord[], step: StepRecord): number {
  let level = 0;
  let at = step.parent;
  while (at !== undefined && level < 10) {
    level += 1;
    const parent = steps.find(({ id }) => id === at);
    at = parent?.parent;
  }
  return level;
}

/** Steps with those that are part of them directly below, each level in order of start. */
export function inTreeOrder(steps: StepRecord[]): StepRecord[] {
  const below = (parent: number | undefined): StepRecord[] =>
    steps.filter((step) => step.parent === parent).flatMap((step) => [step, ...below(step.id)]);
  return below(undefined);
}

/** One line, at most `width` characters. */
export function oneLine(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** A plan as a person reads it. */
export function planLines(plan: Plan): string[] {
  return [
    plan.summary,
    ...plan.steps.flatMap((step, index) => [
      `  ${index + 1}. ${step.title}${step.detail ? `: ${step.detail}` : ''}`,
      ...(step.undo ? [`     undo: ${step.undo}`] : []),
    ]),
    ...plan.warnings.map((warning) => `  ! ${warning}`),
    `  plan hash: ${plan.hash}`,
  ];
}
