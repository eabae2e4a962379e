import type { EvidenceStore } from '../../evidence/store.js';
import { type Copies, words } from './copies.js';
import { changeMarker, type Marker, MARKER } from './marker.js';
import { coveredBy, keptOf, type Opened, openNoted } from './open.js';
import type { Cluster } from './place.js';
import type { Whole } from './snapshotText.js';

/** A snapshot that is kept, and the open ones that were found before it. */
interface New {
  copies: Copies & { whole: Whole };
  found: Opened[];
  /** Whether there was a marker that could be trusted; else what was found goes into the new one. */
  trusted: boolean;
}

export interface Noting {
  /** All open snapshots, in the marker's order. */
  opened: Opened[];
  /** Somebody else was quicker and covers all of it. */
  lost: boolean;
  warnings: string[];
}

/** Enters a snapshot into the marker, for what no other one covers by then. A marker that cannot be written is a warning. */
export async function note(cluster: Cluster, evidence: EvidenceStore, fresh: New): Promise<Noting> {
  const { id, system } = fresh.copies.whole.snapshot;
  const mine: Opened = { kept: keptOf(cluster, id, fresh.copies), copies: fresh.copies };
  let noting: Noting = { opened: [...fresh.found, mine], lost: false, warnings: [] };
  try {
    await changeMarker(cluster, system, async (marker) => {
      const opened = await openNow(cluster, evidence, system, fresh, marker);
      // Another try of the same run was quicker.
      if (opened.some(({ kept, copies }) => kept.id === id && copies.whole)) {
        noting = { ...noting, opened };
        return undefined;
      }
      const others = opened.filter(({ kept }) => kept.id !== id);
      const theirs = coveredBy(cluster, others, marker);
      const covers = mine.kept.covers.filter((key) => !theirs.has(key));
      const lost = covers.length === 0;
      noting = { ...noting, lost, opened: lost ? others : [...others, { ...mine, kept: { ...mine.kept, covers } }] };
      return lost ? undefined : noting.opened.map(({ kept }) => kept).filter((kept) => kept.digest !== '');
    });
    return noting;
  } catch (error) {
    const warning = `ConfigMap ${MARKER}, which says that ${system} is down, could not be written: ${words(error)}. Name snapshot ${id} when you recover.`;
    return { ...noting, warnings: [warning] };
  }
}

/** What is open by now: what the marker names, and where there was none, what was found without it. */
async function openNow(
  cluster: Cluster,
  evidence: EvidenceStore,
  system: string,
  { found, trusted }: New,
  { snapshots }: Marker,
): Promise<Opened[]> {
  const byId = new Map(found.map((one) => [one.kept.id, one]));
  const news = await openNoted(
    cluster,
    evidence,
    system,
    snapshots.filter(({ id }) => !byId.has(id)),
  );
  for (const one of news) byId.set(one.kept.id, one);
  const ids = new Set(snapshots.map(({ id }) => id));
  const unnoted = trusted ? [] : found.filter(({ kept }) => !ids.has(kept.id));
  return [...snapshots.flatMap(({ id }) => byId.get(id) ?? []), ...unnoted];
}
