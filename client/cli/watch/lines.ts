import { verbCommand } from '../../verbs.js';
import type { Snapshot } from '../../follow.js';
import type { RunStatus } from '../../../workflows/kit/types.js';
import { depth, inTreeOrder, marks, oneLine, took } from './format.js';

const lineWidth = 400;

/** Steps that have changed: those that have ended, or those that go on. */
function steps(before: RunStatus | undefined, after: RunStatus, now: number, ended: boolean): string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step]));
  return inTreeOrder(after.steps).flatMap((step) => {
    if ((step.outcome !== 'running') !== ended) return [];
    const old = known.get(step.id);
    if (old?.outcome === step.outcome && old.detail === step.detail) return [];
    const indent = '  '.repeat(depth(after.steps, step));
    const time = step.outcome === 'running' ? '' : ` (${took(step, now)})`;
    const detail = step.detail ? `: ${step.detail}` : '';
    return [oneLine(`${marks[step.outcome]} ${step.name}${time}${detail}`, lineWidth).replace(/^/, indent)];
  });
}

function people(before: RunStatus | undefined, after: RunStatus): string[] {
  const lines = after.decisions
    .slice(before?.decisions.length ?? 0)
    .map(({ verb, actor, reason, accepted, answer }) => {
      const what = accepted ? answer : `refused: ${answer}`;
      return oneLine(`» ${verbCommand(verb)} by ${actor}${reason ? ` (${reason})` : ''}: ${what}`, lineWidth);
    });
  if (after.hold && before?.hold?.since !== after.hold.since) {
    lines.push(oneLine(`? held, ${after.hold.name}: ${after.hold.question}`, lineWidth));
    for (const [verb, effect] of Object.entries(after.hold.options)) {
      lines.push(`    belay ${verbCommand(verb)} ${after.workflowId} --reason …   ${effect}`);
    }
  }
  if (after.phase === 'awaitingApproval' && before?.phase !== 'awaitingApproval' && after.plan) {
    lines.push(
      oneLine(`? waits for approval until ${after.approvalExpiresAt ?? ''}: ${after.plan.summary}`, lineWidth),
    );
    lines.push(`    belay approve ${after.workflowId} --plan-hash ${after.plan.hash} --reason …`);
  }
  return lines;
}

/** What has changed between two looks, one line each, to be appended; empty when nothing has. Pure. */
export function changes(before: Snapshot | undefined, after: Snapshot, now: number): string[] {
  const lines: string[] = [];
  const { status } = after;
  if (after.trouble && after.trouble !== before?.trouble) lines.push(`! ${after.trouble}`);
  if (!after.trouble && before?.trouble) lines.push('! Answers again.');
  if (!status) return lines;
  const old = before?.status;
  lines.push(...steps(old, status, now, true));
  if (old?.phase !== status.phase || old.headline !== status.headline) {
    lines.push(oneLine(`[${status.phase}] ${status.headline}`, lineWidth));
  }
  return [...lines, ...steps(old, status, now, false), ...people(old, status)];
}
