import type { PodEvidence } from '../../activities/kubernetes/types.js';

/** Two sentences as one text, whatever they end with. Pure. */
export const sentences = (...parts: string[]): string =>
  parts
    .map((part) => part.trim().replace(/[.;\s]+$/, ''))
    .filter((part) => part !== '')
    .map((part) => `${part}.`)
    .join(' ');

const LOG_LINES = 4;

/** Why pods did not come up, short enough for a message to a person: reason, message, and the last lines of the log. Pure. */
export function explainPods(evidence: unknown): string {
  if (!Array.isArray(evidence)) return '';
  const [first] = evidence as PodEvidence[];
  if (typeof first?.pod !== 'string') return '';
  const code = first.exitCode === undefined ? '' : ` (exit code ${first.exitCode}, ${first.restarts ?? 0} restarts)`;
  const message = first.message ? `: ${first.message.slice(0, 400)}` : '';
  const lines = (first.log ?? '').split('\n').filter((line) => line.trim() !== '');
  const log = lines.slice(-LOG_LINES).join(' ⏎ ').slice(0, 500);
  return sentences(`${first.reason}${code}${message}`, log ? `Last log lines: ${log}` : '');
}
