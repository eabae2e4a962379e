import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../model/objects.js';
import type { RunRef } from '../types.js';
import { CHANGE_CAUSE, changeCause } from '../write/annotations.js';
import type { PatchOperation } from '../write/jsonPatch.js';
import { fieldsOf, readField } from './fields.js';
import { isMarked, markText, STOPPED } from './mark.js';
import type { FieldChange, Json, SavedKind } from './types.js';

export type Operation = PatchOperation | { op: 'remove'; path: string };

export interface Marking {
  /** `was` is that of this object. */
  mark?: { snapshot: string; was?: Record<string, Json> };
  unmark?: boolean;
  /** Named in change-cause of workloads. */
  run?: RunRef;
}

export interface FieldPatch {
  /** Pointers whose values are not as asked yet. */
  differing: string[];
  /** JSON patch, guarded by UID and resourceVersion; empty when there is nothing to write. */
  operations: Operation[];
}

const REPLICAS = '/spec/replicas';
const annotation = (key: string): string => `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * The patch that gives an object the wanted fields. Missing parents are made. The mark goes with the first change, and stays: a later
 * shutdown would remember what the first one had made of the object. Pure.
 */
export function fieldPatch(live: KubeObject, { ref, fields }: FieldChange, marking: Marking): FieldPatch {
  const differing = Object.keys(fields).filter((pointer) => !stands(live, fields, pointer));
  const wanted: Record<string, Json> = {
    ...Object.fromEntries(differing.map((pointer) => [pointer, fields[pointer] ?? null])),
    ...markFields(live, ref.kind, fields, differing, marking),
  };
  if (Object.keys(wanted).length === 0) return { differing, operations: [] };
  if (marking.run && differing.length > 0 && isWorkload(ref.kind))
    wanted[annotation(CHANGE_CAUSE)] = changeCause(marking.run, describe(live, fields, differing));
  const guards: Operation[] = [
    { op: 'test', path: '/metadata/uid', value: ref.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  ];
  return { differing, operations: [...guards, ...assignments(live, wanted)] };
}

const stands = (live: KubeObject, fields: Record<string, Json>, pointer: string): boolean =>
  isDeepStrictEqual(readField(live, pointer), fields[pointer] ?? null);

function markFields(
  live: KubeObject,
  kind: SavedKind,
  fields: Record<string, Json>,
  differing: string[],
  { mark, unmark }: Marking,
): Record<string, Json> {
  if (unmark === true) return live.metadata.annotations?.[STOPPED] === undefined ? {} : { [annotation(STOPPED)]: null };
  if (!mark || isMarked(live)) return {};
  const { snapshot, was = fieldsOf(kind, live) } = mark;
  // Somebody else did the same since the snapshot: then too the object is not as it was, and has to say so.
  const stopped = Object.keys(fields).some((pointer) => !isDeepStrictEqual(was[pointer] ?? null, fields[pointer]));
  return differing.length > 0 || stopped ? { [annotation(STOPPED)]: markText({ snapshot, was }) } : {};
}

/** JSON patch `add` replaces what is there; only parents have to exist. */
function assignments(live: KubeObject, wanted: Record<string, Json>): Operation[] {
  const made = new Set<string>();
  return Object.entries(wanted).flatMap(([pointer, value]): Operation[] => {
    if (value === null) return readField(live, pointer) === null ? [] : [{ op: 'remove', path: pointer }];
    const missing = parentsOf(pointer).filter((path) => readField(live, path) === null && !made.has(path));
    for (const path of missing) made.add(path);
    return [...missing.map((path): Operation => ({ op: 'add', path, value: {} })), { op: 'add', path: pointer, value }];
  });
}

/** `/spec`, `/spec/syncPolicy` of `/spec/syncPolicy/automated`. */
function parentsOf(pointer: string): string[] {
  const keys = pointer.split('/').slice(1, -1);
  return keys.map((_, index) => `/${keys.slice(0, index + 1).join('/')}`);
}

/** For change-cause: numbers of replicas, and of anything else only which field it is. */
function describe(live: KubeObject, fields: Record<string, Json>, differing: string[]): string {
  const parts = differing.map((pointer) =>
    pointer === REPLICAS
      ? `scaled from ${JSON.stringify(readField(live, pointer))} to ${JSON.stringify(fields[pointer])}`
      : `${pointer.split('/').at(-1)} ${fields[pointer] === null ? 'removed' : 'set'}`,
  );
  return parts.join(', ');
}

const isWorkload = (kind: SavedKind): boolean => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind);

/**
 * Whether what the server stored holds what was asked. It may add defaults, drop what is empty, and give a default for what was
 * removed. Pure.
 */
export function isKept(asked: Json, stored: Json): boolean {
  if (asked === null) return true;
  if (typeof asked !== 'object') return asked === stored;
  if (Object.keys(asked).length === 0 && stored === null) return true;
  if (Array.isArray(asked)) {
    if (!Array.isArray(stored) || stored.length !== asked.length) return false;
    return asked.every((one, index) => isKept(one, stored[index] ?? null));
  }
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return false;
  return Object.entries(asked).every(([key, value]) => isKept(value, stored[key] ?? null));
}
