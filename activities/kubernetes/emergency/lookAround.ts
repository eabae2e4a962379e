import type { EvidenceStore } from '../../evidence/store.js';
import { lookAtObjects } from './lookAtObjects.js';
import { fieldsByMark, marksIn, readLive } from './marks.js';
import { type Listing, type Opened, openUnnoted } from './open.js';
import { keyOf, type Cluster } from './place.js';
import type { SavedObject, Surroundings, SurveyInput } from './types.js';

export interface Around {
  objects: SavedObject[];
  surroundings: Surroundings;
  /** All open snapshots, oldest first. */
  opened: Opened[];
  warnings: string[];
}

/**
 * The objects as they are now, and the open snapshots beside those that the marker notes. Only where the marker cannot be trusted
 * (`listing` is there) or a snapshot is lost, the marks on the objects are asked too; an object that Belay has stopped already then
 * has its fields as they were before.
 */
export async function lookAround(
  cluster: Cluster,
  input: SurveyInput,
  evidence: EvidenceStore,
  { noted, listing }: { noted: Opened[]; listing: Listing | undefined },
): Promise<Around> {
  const { objects, surroundings } = await lookAtObjects(cluster, input);
  if (!listing && noted.every(({ copies }) => copies.whole))
    return { objects, surroundings, opened: noted, warnings: [] };
  const marks = marksIn(await readLive(cluster, objects));
  const known = new Set(noted.map(({ kept }) => kept.id));
  const unnoted = listing
    ? await openUnnoted(cluster, evidence, input.system, { marks, listing, orNewest: false })
    : [];
  const opened = [...noted, ...unnoted.filter(({ kept }) => !known.has(kept.id))];
  const lost = new Set(opened.flatMap(({ kept, copies }) => (copies.whole ? [] : [kept.id])));
  const warnings = [...(listing?.problems ?? [])];
  const asBefore = (object: SavedObject): SavedObject => {
    const key = keyOf(cluster.place, object.ref);
    const mark = marks.get(key);
    const fields = mark && lost.has(mark.snapshot) ? fieldsByMark(object, mark) : undefined;
    if (!mark || !fields) return object;
    warnings.push(`Snapshot ${mark.snapshot} is lost: ${key} is saved as its own mark says it was.`);
    return { ...object, fields };
  };
  return { objects: objects.map(asBefore), surroundings, opened, warnings };
}
