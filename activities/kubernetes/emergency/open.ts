import type { EvidenceStore } from '../../evidence/store.js';
import { type Copies, readCopies, words } from './copies.js';
import { closedKey, folderKey, snapshotKey } from './copyNames.js';
import type { StoppedMark } from './mark.js';
import type { Marker } from './marker.js';
import { within } from './patience.js';
import { keyOf, type Cluster } from './place.js';
import type { KeptSnapshot, ObjectKey, Remembered, SavedObject } from './types.js';

const LIST_MS = 2_000;
const MAX_LISTED = 10_000;

/** A snapshot of a shutdown that has not been recovered, and what is left of it. */
export interface Opened {
  /** Without a digest when no marker tells it and no copy is whole. */
  kept: KeptSnapshot;
  copies: Copies;
}

/** Reads the copies of snapshots that the marker names. */
export const openNoted = (
  cluster: Cluster,
  evidence: EvidenceStore,
  system: string,
  noted: readonly KeptSnapshot[],
): Promise<Opened[]> =>
  Promise.all(
    noted.map(async (kept) => ({
      kept,
      copies: await readCopies(cluster, evidence, system, kept.id, { digest: kept.digest }),
    })),
  );

/**
 * Finds open snapshots without a marker: those that marks on objects name, and where there are none and `orNewest`, the newest in the
 * evidence store; none that the store knows as closed. Oldest first.
 */
export async function openUnnoted(
  cluster: Cluster,
  evidence: EvidenceStore,
  system: string,
  { marks, listing, orNewest }: { marks: ReadonlyMap<ObjectKey, StoppedMark>; listing: Listing; orNewest: boolean },
): Promise<Opened[]> {
  const named = new Set([...marks.values()].map((mark) => mark.snapshot));
  const ids = [...named].filter((id) => !listing.keys.has(closedKey(system, id)));
  if (ids.length === 0 && orNewest && listing.newest !== undefined)
    ids.push(await idAt(evidence, system, listing.newest));
  const opened = await Promise.all(
    ids.map(async (id): Promise<Opened> => {
      const copies = await readCopies(cluster, evidence, system, id);
      const marked = [...marks].flatMap(([key, mark]) => (mark.snapshot === id ? [key] : []));
      return { kept: keptOf(cluster, id, copies, marked), copies };
    }),
  );
  return opened.toSorted((a, b) => a.kept.takenAt.localeCompare(b.kept.takenAt));
}

/** What a marker would say of it. `marked` are the keys of a snapshot that is lost. */
export function keptOf(cluster: Cluster, id: string, copies: Copies, marked: ObjectKey[] = []): KeptSnapshot {
  const { whole, configMap, stored } = copies;
  return {
    id,
    digest: whole?.digest ?? '',
    takenAt: whole?.snapshot.takenAt ?? '',
    covers: whole ? whole.snapshot.objects.map((object) => keyOf(cluster.place, object.ref)) : marked,
    configMap,
    stored,
  };
}

/** What the evidence store holds of a system's snapshots. */
export interface Listing {
  keys: ReadonlySet<string>;
  /** Key of the newest snapshot that is not closed. */
  newest?: string;
  /** Why the store could not be asked. */
  problems: string[];
}

/** Never throws. */
export async function listStore(evidence: EvidenceStore, system: string, boundMs = LIST_MS): Promise<Listing> {
  try {
    const found = await within(boundMs, evidence.list(folderKey(system), MAX_LISTED));
    const keys = new Set(found.map((one) => one.key));
    const open = found.find(
      ({ key }) => /(?<!\.closed)\.json$/.test(key) && !keys.has(key.replace(/\.json$/, '.closed.json')),
    );
    return { keys, ...(open ? { newest: open.key } : {}), problems: [] };
  } catch (error) {
    return {
      keys: new Set(),
      problems: [`The evidence store could not be asked for open snapshots: ${words(error)}.`],
    };
  }
}

/** A key does not tell every id; then the text does. */
async function idAt(evidence: EvidenceStore, system: string, key: string): Promise<string> {
  const named = key.slice(folderKey(system).length, -'.json'.length);
  const text = await within(LIST_MS, evidence.read(key)).catch(() => undefined);
  const id = /"id":"((?:[^"\\]|\\.)*)"/.exec(text ?? '')?.[1];
  return id !== undefined && snapshotKey(system, id) === key ? id : named;
}

/** Every object as the first whole snapshot has it that covers it. Pure. */
export function objectsOf(cluster: Pick<Cluster, 'place'>, opened: readonly Opened[]): Map<ObjectKey, SavedObject> {
  const objects = new Map<ObjectKey, SavedObject>();
  for (const { kept, copies } of opened) {
    const covers = new Set(kept.covers);
    for (const object of copies.whole?.snapshot.objects ?? []) {
      const key = keyOf(cluster.place, object.ref);
      if (covers.has(key) && !objects.has(key)) objects.set(key, object);
    }
  }
  return objects;
}

/** Keys that need no new snapshot: a whole one has them, or another system's shutdown. Pure. */
export const coveredBy = (
  cluster: Pick<Cluster, 'place'>,
  opened: readonly Opened[],
  { others }: Pick<Marker, 'others'>,
): Set<ObjectKey> => new Set([...objectsOf(cluster, opened).keys(), ...others.flatMap((kept) => kept.covers)]);

/** Keys of lost snapshots that no whole one has; undefined when a lost one does not even tell its keys. Pure. */
export function lostKeys(cluster: Pick<Cluster, 'place'>, opened: readonly Opened[]): Set<ObjectKey> | undefined {
  const lost = opened.filter(({ copies }) => copies.whole === undefined);
  if (lost.some(({ kept }) => kept.covers.length === 0)) return undefined;
  const objects = objectsOf(cluster, opened);
  return new Set(lost.flatMap(({ kept }) => kept.covers.filter((key) => !objects.has(key))));
}

/** All of them put together. Pure. */
export function remember(
  cluster: Pick<Cluster, 'place'>,
  opened: readonly Opened[],
  warnings: readonly string[],
): Remembered {
  const first = opened.find(({ copies }) => copies.whole !== undefined);
  return {
    snapshots: opened.map(({ kept }) => kept),
    objects: [...objectsOf(cluster, opened).values()],
    // What the first one saw is the system as it was; later ones saw it half stopped.
    surroundings: first?.copies.whole?.snapshot.surroundings ?? { services: [], runningJobs: [], budgets: [] },
    warnings: [...new Set([...warnings, ...opened.flatMap(({ copies }) => copies.problems)])],
  };
}
