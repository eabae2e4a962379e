import { createHash } from 'node:crypto';

/** Ids of backups: UTC time and a random part, so that they sort. */
export const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Below it stands all of a source; ends with "/". */
export const sourcePrefix = (system: string, source: string): string => `${system}/${source}/`;

/** Below it stands all of a backup; ends with "/". */
export const backupPrefix = (system: string, source: string, id: string): string =>
  `${sourcePrefix(system, source)}${id}/`;

export const manifestKey = (system: string, source: string, id: string): string =>
  `${backupPrefix(system, source, id)}manifest.json`;

/**
 * Folder of one attempt of one activity of one run. The first digits of a run id are a clock, which two runs may share, so all
 * of it is hashed.
 */
export function attemptName(attempt: number, runId: string, activityId: string): string {
  return `a${attempt}-${short(`${runId}/${activityId}`)}`;
}

/** Key of an event: time, kind, and which workflow says it, so that a repeat finds its own. */
export function eventName(event: { at: string; kind: string; workflowId: string }): string {
  const time = new Date(event.at).toISOString().replace(/[-:.]/g, '');
  return `events/${time}-${event.kind}-${short(event.workflowId)}.json`;
}

/** What a key below a source's prefix is; `attempt` names the folder of an attempt. */
export type Place =
  { id: string; kind: 'manifest' | 'event' | 'other' } | { id: string; kind: 'attempt'; attempt: string };

/** Takes a key apart that begins with the source's prefix; undefined when it is none of a backup. */
export function placeOf(key: string, prefix: string): Place | undefined {
  const [id, first, ...rest] = key.slice(prefix.length).split('/');
  if (id === undefined || first === undefined || !key.startsWith(prefix) || !idPattern.test(id)) return undefined;
  if (first === 'manifest.json' && rest.length === 0) return { id, kind: 'manifest' };
  if (first === 'events') return { id, kind: 'event' };
  if (/^a\d+-[0-9a-f]{8}$/.test(first)) return { id, kind: 'attempt', attempt: first };
  return { id, kind: 'other' };
}
