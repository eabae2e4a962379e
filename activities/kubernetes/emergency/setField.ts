import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { bounded } from '../../secrets/redact.js';
import { isStatus, isTransient } from '../api/apiError.js';
import { toFailure } from '../api/failure.js';
import type { KubeObject } from '../model/objects.js';
import { MANAGER } from '../write/annotations.js';
import { FIELDS, readField } from './fields.js';
import { fieldPatch, isKept, type Marking, type Operation } from './fieldPatch.js';
import { hideValues } from './hideValues.js';
import { commandFor } from './kubectl.js';
import { type Cluster, keyOf } from './place.js';
import { objectPath } from './resources.js';
import type { Change, FieldChange, Place } from './types.js';

/** Tries against controllers that write to the same object at the same moment. */
const MAX_TRIES = 6;
/** Longer than an admission webhook may hang (10 s by default, and then be ignored). */
const CALL_MS = 12_000;

/** One object on its way through an activity. */
export interface Task {
  change: FieldChange;
  marking: Marking;
  /** As a list gave it; missing when it has to be read. */
  live?: KubeObject;
  /** A write was sent and not answered: it may have been done. */
  sent?: boolean;
}

/** Sets the fields of one object. Throws an `ApiError` for what the server refuses or does not answer; see {@link refusal}. */
export async function setField(cluster: Cluster, task: Task): Promise<Change> {
  const { ref } = task.change;
  const key = keyOf(cluster.place, ref);
  const foreign = Object.keys(task.change.fields).find((pointer) => !FIELDS[ref.kind].includes(pointer));
  if (foreign !== undefined)
    return { key, outcome: 'failed', problem: `Belay never changes ${foreign} of ${ref.kind}; it is left as it is` };
  try {
    return { key, ...(await write(cluster, task)) };
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    return { key, outcome: 'gone', problem: 'it does not exist any more' };
  }
}

/** What is said of an object that the API server has not taken, with the command for a person. */
export function refusal({ place }: Cluster, task: Task, error: unknown): Change {
  const { ref } = task.change;
  const hide = hideValues(task.live, [ref.name, ref.namespace]);
  const failure = toFailure(error, { ...ref, kind: 'Deployment' }, hide);
  return failed(place, task, failure instanceof Error ? failure.message : String(failure));
}

type Outcome = Omit<Change, 'key'>;

async function write(cluster: Cluster, task: Task): Promise<Outcome> {
  const { change } = task;
  let bare = false;
  const path = objectPath(change.ref);
  for (let tries = 1; ; tries++) {
    task.live ??= await cluster.get<KubeObject>(path);
    const { live } = task;
    if (live.metadata.uid !== change.ref.uid)
      return { outcome: 'gone', problem: `it was deleted; another ${change.ref.kind} of that name stands there now` };
    const { differing, operations } = fieldPatch(live, change, bare ? withoutWords(task.marking) : task.marking);
    if (operations.length === 0) return { outcome: task.sent === true ? 'changed' : 'already' };
    try {
      const stored = await patch(cluster, task, path, operations);
      return judge(cluster.place, task, live, stored, differing);
    } catch (error) {
      if (!isStatus(error, 409) && !isStatus(error, 422)) throw error;
      // Both mean that the object moved on since the read; a real refusal meets an unmoved one.
      const now = await cluster.get<KubeObject>(path);
      const refused = isStatus(error, 422) && now.metadata.resourceVersion === live.metadata.resourceVersion;
      if (tries >= MAX_TRIES || (refused && bare)) throw error;
      // No room for more annotations must not keep it running.
      bare ||= refused;
      task.live = now;
      await sleep(10 + Math.random() * 40 * tries, undefined, { signal: cluster.signal });
    }
  }
}

const withoutWords = ({ unmark }: Marking): Marking => (unmark === undefined ? {} : { unmark });

async function patch(cluster: Cluster, task: Task, path: string, body: Operation[]): Promise<KubeObject> {
  const query = { fieldManager: MANAGER };
  const contentType = 'application/json-patch+json';
  try {
    return (await cluster.call<KubeObject>({ method: 'PATCH', path, query, contentType, body, timeoutMs: CALL_MS }))
      .body;
  } catch (error) {
    if (isTransient(error)) task.sent = true;
    throw error;
  }
}

function judge(place: Place, task: Task, live: KubeObject, stored: KubeObject, differing: string[]): Outcome {
  const { ref, fields } = task.change;
  const lost = differing.filter((pointer) => !isKept(fields[pointer] ?? null, readField(stored, pointer)));
  if (lost.length > 0) {
    const what = `the API server took the change, but ${lost.join(', ')} does not stand as asked`;
    return failed(place, task, `${what}; look for an admission webhook that changes ${ref.kind} objects`);
  }
  // What differs only by defaults is written and leaves all as it was.
  const moved = differing.some((pointer) => !isDeepStrictEqual(readField(live, pointer), readField(stored, pointer)));
  return { outcome: moved || task.sent === true ? 'changed' : 'already' };
}

function failed(place: Place, { change, live }: Task, problem: string): Change {
  return {
    key: keyOf(place, change.ref),
    outcome: 'failed',
    problem: bounded(problem, 1_200).replace(/\.$/, ''),
    command: commandFor(place, change, live),
  };
}
