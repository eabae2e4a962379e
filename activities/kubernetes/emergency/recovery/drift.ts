import { templateHash } from '../../model/templateHash.js';
import { keyOf } from '../place.js';
import type { VolumedWorkload } from '../shapes.js';
import type { Difference, Json, Place, SavedKind, SavedObject } from '../types.js';

/** Facts that should not change while a system is down; the others (ready, conditions …) must. */
const STEADY = ['templateHash', 'images', 'paused', 'min', 'max', 'schedule', 'timeZone', 'hosts'] as const;

/** What stands there now. */
export interface Present {
  objects: SavedObject[];
  /** Live workloads by UID. */
  workloads: ReadonlyMap<string, VolumedWorkload>;
  /** When an object was created, ISO, by its UID. */
  created: ReadonlyMap<string, string>;
  /** Kinds that could not be listed: nothing is said of them. */
  unread: ReadonlySet<string>;
}

/**
 * What changed while the system was down, apart from what Belay itself did: facts of each object, its UID (null when it is gone), and
 * objects that appeared (`uid` was null): those that were created after `since` (ISO), or without it all that are not saved. Pure.
 */
export function driftOf(place: Place, saved: SavedObject[], present: Present, since?: string): Difference[] {
  const now = new Map(present.objects.map((one) => [keyOf(place, one.ref), one]));
  const known = new Set(saved.map((one) => keyOf(place, one.ref)));
  const changes = saved
    .filter(({ ref }) => !present.unread.has(ref.kind))
    .flatMap((one) => changesOf(keyOf(place, one.ref), one, now.get(keyOf(place, one.ref)), present.workloads));
  const appeared = present.objects
    .filter(({ ref }) => APPEARING.has(ref.kind) && !known.has(keyOf(place, ref)))
    .filter(({ ref }) => since === undefined || Date.parse(present.created.get(ref.uid) ?? '') > Date.parse(since))
    .map(({ ref }): Difference => ({ key: keyOf(place, ref), what: 'uid', was: null, is: ref.uid }));
  return [...changes, ...appeared];
}

/** GitOps objects are looked for by name, so that a new one is never seen. */
const APPEARING: ReadonlySet<SavedKind> = new Set<SavedKind>([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'CronJob',
  'Ingress',
  'HTTPRoute',
]);

function changesOf(
  key: string,
  was: SavedObject,
  is: SavedObject | undefined,
  workloads: Present['workloads'],
): Difference[] {
  if (!is) return [{ key, what: 'uid', was: was.ref.uid, is: null }];
  const uid: Difference[] = was.ref.uid === is.ref.uid ? [] : [{ key, what: 'uid', was: was.ref.uid, is: is.ref.uid }];
  const facts = { ...is.facts, ...templateFact(was, workloads.get(is.ref.uid)) };
  const changed = STEADY.filter((name) => !isEqual(was.facts[name], facts[name]) && !isOurs(name, was, is)).map(
    (name): Difference => ({ key, what: name, was: was.facts[name] ?? null, is: facts[name] ?? null }),
  );
  return [...uid, ...changed];
}

/** A DaemonSet is stopped by a field of its template: the hash is taken as if that had been put back. */
function templateFact(was: SavedObject, live: VolumedWorkload | undefined): Record<string, Json> {
  if (was.ref.kind !== 'DaemonSet' || !live) return {};
  const { nodeSelector: _, ...rest } = live.spec.template.spec as VolumedWorkload['spec']['template']['spec'] & {
    nodeSelector?: unknown;
  };
  const saved = was.fields['/spec/template/spec/nodeSelector'] ?? null;
  const spec = { ...rest, ...(saved === null ? {} : { nodeSelector: saved }) };
  return { templateHash: templateHash({ ...live.spec.template, spec }) };
}

/** The hosts of an Ingress are gone with its rules when a shutdown took these. */
const isOurs = (name: string, was: SavedObject, is: SavedObject): boolean =>
  name === 'hosts' && was.ref.kind === 'Ingress' && isEqual(is.facts['hosts'], []);

/** Both come from JSON that the same code wrote, so keys are in the same order but for those of maps, which are sorted. */
const isEqual = (a: Json | undefined, b: Json | undefined): boolean => canonical(a) === canonical(b);

const canonical = (value: Json | undefined): string =>
  JSON.stringify(value ?? null, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
