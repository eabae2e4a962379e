import type { createColors } from 'picocolors';
import { verbCommand } from '../../verbs.js';
import type { Snapshot } from '../../follow.js';
import type { RunStatus, StepRecord } from '../../../workflows/kit/types.js';
import { depth, inTreeOrder, marks, oneLine, planLines, took } from './format.js';

type Colors = ReturnType<typeof createColors>;

/** What the picture depends on beside the run. `frame` counts up and turns the spinner. */
export interface View {
  now: number;
  frame: number;
  width: number;
  height: number;
  colors: Colors;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function stepLine(step: StepRecord, status: RunStatus, view: View): string {
  const { colors: c } = view;
  const indent = '  '.repeat(depth(status.steps, step));
  const paint = { running: c.cyan, done: c.green, failed: c.red, skipped: c.dim, cancelled: c.yellow }[step.outcome];
  const mark = step.outcome === 'running' ? (spinner[view.frame % spinner.length] ?? '') : marks[step.outcome];
  const time = took(step, view.now);
  const room = view.width - indent.length - step.name.length - time.length - 8;
  const detail = step.detail && room > 10 ? c.dim(`  ${oneLine(step.detail, room)}`) : '';
  return `${indent}${paint(mark)} ${step.name} ${c.dim(time)}${detail}`;
}

function asks(status: RunStatus, view: View): string[] {
  const { colors: c } = view;
  const id = status.workflowId;
  if (status.hold) {
    const { name, question, options, state } = status.hold;
    return [
      '',
      c.yellow(`Held: ${name}`),
      question,
      ...Object.entries(state ?? {}).map(([target, text]) => `  ${target}: ${text}`),
      ...Object.entries(options).map(
        ([verb, effect]) => `  belay ${verbCommand(verb)} ${id} --reason …   ${c.dim(effect)}`,
      ),
    ];
  }
  if (status.phase === 'awaitingApproval' && status.plan) {
    return [
      '',
      c.yellow(`Waits for approval until ${status.approvalExpiresAt ?? ''}`),
      ...planLines(status.plan),
      `  belay approve ${id} --plan-hash ${status.plan.hash} --reason …`,
      `  belay reject ${id} --reason …`,
    ];
  }
  return [];
}

/** The live picture of a run; pure. Oldest steps give way when the terminal is too low. */
export function renderTree(snapshot: Snapshot, view: View): string {
  const { colors: c } = view;
  const { status } = snapshot;
  const head = [c.bold(snapshot.workflowId)];
  if (status) {
    const by = status.requestedBy ? c.dim(`  ${status.requestedBy}: ${oneLine(status.reason ?? '', 80)}`) : '';
    head.push(`${c.cyan(status.phase)}${status.dryRun ? c.dim(' (dry run)') : ''}  ${status.headline}${by}`);
  }
  const tail = [
    ...snapshot.activities.flatMap(({ name, attempt, progress, lastFailure }) => {
      const tries = attempt > 1 ? c.yellow(` try ${attempt}`) : '';
      const said = progress ?? (attempt > 1 ? lastFailure : undefined);
      return said || tries ? [`  ${c.dim(name)}${tries} ${oneLine(said ?? '', view.width - name.length - 16)}`] : [];
    }),
    ...(status ? asks(status, view) : []),
    ...(snapshot.trouble ? ['', c.yellow(snapshot.trouble)] : []),
  ];
  const steps = status ? inTreeOrder(status.steps).map((step) => stepLine(step, status, view)) : [];
  const room = Math.max(3, view.height - head.length - tail.length - 2);
  const shown =
    steps.length > room ? [c.dim(`… ${steps.length - room + 1} earlier steps`), ...steps.slice(1 - room)] : steps;
  return [...head, ...shown, ...tail].join('\n');
}
