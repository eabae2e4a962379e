import type { RunStatus, StepOutcome, StepRecord } from './types.js';

const marks: Record<StepOutcome, string> = { running: '▶', done: '✔', failed: '✘', skipped: '–', cancelled: '◼' };

/** Temporal shows at most 20 KB; older steps give way first. */
const MAX_CHARS = 12_000;

function depth(steps: StepRecord[], step: StepRecord): number {
  const parent = steps.find((one) => one.id === step.parent);
  return parent ? depth(steps, parent) + 1 : 0;
}

function stepLine(steps: StepRecord[], step: StepRecord): string {
  const detail = step.detail ? `: ${step.detail.replaceAll('\n', ' ').slice(0, 400)}` : '';
  return `${'  '.repeat(depth(steps, step))}- ${marks[step.outcome]} ${step.name}${detail}`;
}

/** The run's present state as the UI shows it (markdown). Pure. */
export function renderDetails(status: RunStatus): string {
  const lines = [`**${status.phase}**: ${status.headline}`, ''];
  if (status.requestedBy) lines.push(`Asked for by **${status.requestedBy}**: ${status.reason ?? ''}`, '');
  if (status.hold) {
    lines.push(`### Held: ${status.hold.name}`, status.hold.question, '');
    for (const [target, state] of Object.entries(status.hold.state ?? {})) lines.push(`- \`${target}\`: ${state}`);
    lines.push('', 'Send one of these updates:', '');
    for (const [verb, effect] of Object.entries(status.hold.options)) lines.push(`- \`${verb}\`: ${effect}`);
    lines.push('');
  }
  if (status.phase === 'awaitingApproval' && status.plan) {
    lines.push(
      `### Approve until ${status.approvalExpiresAt ?? ''}`,
      `Update \`approve\` with \`planHash\` \`${status.plan.hash}\``,
      '',
    );
  }
  if (status.plan) {
    lines.push('### Plan', status.plan.summary, '');
    for (const step of status.plan.steps) lines.push(`1. ${step.title}${step.detail ? `: ${step.detail}` : ''}`);
    for (const warning of status.plan.warnings) lines.push(`- ⚠ ${warning}`);
    lines.push('');
  }
  lines.push('### Steps', '');
  const steps = status.steps.map((step) => stepLine(status.steps, step));
  while (steps.length > 1 && lines.join('\n').length + steps.join('\n').length > MAX_CHARS) steps.shift();
  return [...lines, ...steps].join('\n').slice(0, MAX_CHARS);
}
