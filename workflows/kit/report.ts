import type { Report, StepRecord } from './types.js';

const seconds = (from: string, to: string | undefined) =>
  to === undefined ? '' : `${((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(1)} s`;

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 600);

function stepRow(step: StepRecord, all: StepRecord[]): string {
  const parent = all.find((one) => one.id === step.parent);
  const name = parent ? `↳ ${step.name}` : step.name;
  return `| ${cell(name)} | ${step.outcome} | ${seconds(step.startedAt, step.endedAt)} | ${cell(step.detail ?? '')} |`;
}

/** The report as a person reads it (markdown). Pure. */
export function renderReport(report: Report): string {
  const lines = [
    `# ${report.runbook} on ${report.system}: ${report.outcome}`,
    '',
    report.summary,
    '',
    `- Run: \`${report.workflowId}\` (${report.runId})`,
    `- Asked for by: ${report.requestedBy}`,
    `- Reason: ${report.reason}`,
    `- From ${report.startedAt} to ${report.endedAt} (${seconds(report.startedAt, report.endedAt)})`,
    `- System description: ${report.systemHash}`,
    '',
    '## Steps',
    '',
    '| Step | Outcome | Took | What came of it |',
    '| --- | --- | --- | --- |',
    ...report.steps.map((step) => stepRow(step, report.steps)),
  ];
  if (report.decisions.length > 0) {
    lines.push(
      '',
      '## Decisions of people',
      '',
      '| When | Who | What | Reason | Answer |',
      '| --- | --- | --- | --- | --- |',
    );
    for (const one of report.decisions) {
      lines.push(
        `| ${one.at} | ${cell(one.actor)} | ${one.verb} | ${cell(one.reason)} | ${cell(one.accepted ? one.answer : `refused: ${one.answer}`)} |`,
      );
    }
  }
  if (report.plan) {
    lines.push('', '## Plan', '', `${report.plan.summary} (${report.plan.hash})`, '');
    for (const step of report.plan.steps)
      lines.push(`1. ${step.title}${step.detail ? `: ${step.detail}` : ''}${step.undo ? ` Undo: ${step.undo}` : ''}`);
    for (const warning of report.plan.warnings) lines.push(`- Warning: ${warning}`);
  }
  const evidence = report.steps.filter((step) => step.evidence !== undefined);
  if (evidence.length > 0) lines.push('', '## Evidence');
  for (const step of evidence)
    lines.push('', `### ${step.name}`, '', '```json', JSON.stringify(step.evidence, null, 2), '```');
  return `${lines.join('\n')}\n`;
}
