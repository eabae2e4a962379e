import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { projectRoot } from '../../sandbox/kit/paths.js';

/** A recorded history as `test/histories/<name>.json` holds it. */
export interface HistoryFile {
  workflowId: string;
  history: { events: RecordedEvent[] };
}

export interface RecordedEvent {
  eventType: string;
  [attributes: string]: unknown;
}

export const historiesDir = (): string => join(projectRoot(), 'test', 'histories');

/**
 * A history as JSON without what belongs to the machine that recorded it: identities (pid and host name), the names of sticky
 * queues, which are made of them, and the paths in stack traces. Replay needs none of them.
 */
export function historyFile(workflowId: string, history: History): HistoryFile {
  const recorded = JSON.parse(historyToJSON(history), (key, value: unknown) => {
    if (key === 'identity') return 'recorder';
    if (key === 'stackTrace' || key === 'taskId') return undefined;
    if (isStickyQueue(value)) return { ...value, name: 'sticky' };
    return value;
  }) as HistoryFile['history'];
  return { workflowId, history: recorded };
}

function isStickyQueue(value: unknown): value is { name: string; kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY';
}

/** Every recorded history by name, in order of names. */
export function readHistories(): (HistoryFile & { name: string })[] {
  const names = readdirSync(historiesDir()).filter((file) => file.endsWith('.json'));
  return names.toSorted().map((file) => ({
    name: file.replace(/\.json$/, ''),
    ...(JSON.parse(readFileSync(join(historiesDir(), file), 'utf8')) as HistoryFile),
  }));
}

/** How a recorded run ended: the `outcome` of its report, the type of its failure, or what a helper workflow came to. */
export function endOf({ history }: HistoryFile): string {
  const last = history.events.at(-1);
  const failed = last?.['workflowExecutionFailedEventAttributes'] as
    { failure?: { applicationFailureInfo?: { type?: string } } } | undefined;
  if (failed) return failed.failure?.applicationFailureInfo?.type ?? 'failed without a type';
  const completed = last?.['workflowExecutionCompletedEventAttributes'] as
    { result?: { payloads?: { data?: string }[] } } | undefined;
  if (!completed) return `ends with ${String(last?.eventType)}`;
  const data = completed.result?.payloads?.[0]?.data;
  const report: unknown = data ? JSON.parse(Buffer.from(data, 'base64').toString('utf8')) : undefined;
  if (typeof report !== 'object' || report === null) return 'released';
  if ('outcome' in report) return String(report.outcome);
  return 'cleared' in report ? 'cleared' : 'dropped';
}
