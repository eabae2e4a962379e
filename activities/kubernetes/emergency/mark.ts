import type { KubeObject } from '../model/objects.js';
import { readField } from './fields.js';
import type { Json } from './types.js';

/** Annotation on an object that an emergency shutdown has changed. */
export const STOPPED = 'belay.dev/stopped';

/** An object's annotations hold 256 KiB in all, its owner's among them; the mark must never keep a stop from happening. */
const MAX_MARK = 32_768;

/** What the annotation {@link STOPPED} holds, as JSON. */
export interface StoppedMark {
  snapshot: string;
  /** The fields as they were, by JSON pointer; left out where they would be too long for an annotation. */
  was?: Record<string, Json>;
}

/** The annotation's text. Pure. */
export function markText(mark: StoppedMark): string {
  const text = JSON.stringify(mark);
  return text.length > MAX_MARK ? JSON.stringify({ snapshot: mark.snapshot }) : text;
}

/**
 * Whether an object carries a mark. What has replicas is not stopped, whatever it carries: the Deployment controller copies the mark to
 * ReplicaSets, where it stays, and `kubectl rollout undo` to such a one brings it back long after a recovery. Pure.
 */
export const isMarked = (object: KubeObject): boolean =>
  object.metadata.annotations?.[STOPPED] !== undefined && Number(readField(object, '/spec/replicas') ?? 0) === 0;

/** The mark of an object; undefined when it has none, or one that nobody can read. Pure. */
export function readMark(object: KubeObject): StoppedMark | undefined {
  const { metadata } = object;
  if (!isMarked(object)) return undefined;
  try {
    const mark = JSON.parse(metadata.annotations?.[STOPPED] ?? 'null') as Partial<StoppedMark> | null;
    if (typeof mark?.snapshot !== 'string') return undefined;
    const { snapshot, was } = mark;
    return { snapshot, ...(typeof was === 'object' && was !== null ? { was } : {}) };
  } catch {
    return undefined;
  }
}
