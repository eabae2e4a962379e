import { ApplicationFailure } from '@temporalio/common';
import { heartbeating } from '../../temporal/heartbeat.js';
import type { EvidenceStore } from '../../evidence/store.js';
import { closeInStore } from './closeShutdown.js';
import { type Copies, HURRY, readCopies } from './copies.js';
import { keep } from './keep.js';
import { type Marker, readMarker } from './marker.js';
import { note } from './note.js';
import { coveredBy, listStore, type Opened, openNoted, remember } from './open.js';
import { keyOf, type Cluster } from './place.js';
import { lookAround } from './lookAround.js';
import { wholeOf, type Whole } from './snapshotText.js';
import type { EmergencyActivities, ObjectKey, Remembered, SavedObject, Surroundings } from './types.js';

type Input = Parameters<EmergencyActivities['takeSnapshot']>[0];
type Taken = Remembered & { adopted: boolean };

/** {@link EmergencyActivities.takeSnapshot} */
export const takeSnapshot = (cluster: Cluster, input: Input, evidence: EvidenceStore): Promise<Taken> =>
  heartbeating(() => takeOrAdopt(cluster, input, evidence));

async function takeOrAdopt(cluster: Cluster, input: Input, evidence: EvidenceStore): Promise<Taken> {
  const { system, id } = input;
  const marking = readMarker(cluster, system);
  const [marker, own, listing, noted] = await Promise.all([
    marking,
    readCopies(cluster, evidence, system, id, { times: HURRY }),
    marking.then(({ trusted }) => (trusted ? undefined : listStore(evidence, system, HURRY.boundMs))),
    marking.then(({ snapshots }) => openNoted(cluster, evidence, system, snapshots)),
  ]);
  if (noted.some(({ kept, copies }) => kept.id === id && copies.whole)) return taken(cluster, noted, [], true);

  // One that the marker names and that is not whole is lost: what stands in its place is another one.
  const digest = marker.snapshots.find((kept) => kept.id === id)?.digest;
  const earlier = digest === undefined ? own.whole : undefined;
  const present = await lookAround(cluster, input, evidence, { noted, listing });
  const { opened } = present;
  const warnings = [...(marker.problem === undefined ? [] : [marker.problem]), ...present.warnings];
  const covered = coveredBy(cluster, opened, marker);
  const wanted = new Set(input.keys.filter((key) => !covered.has(key)));
  const objects = present.objects.filter(({ ref }) => wanted.has(keyOf(cluster.place, ref)));
  warnings.push(...foreignKeys(input.keys, marker), ...goneKeys(cluster, wanted, present.objects));
  if (objects.length === 0 && !earlier) return taken(cluster, opened, warnings, opened.length > 0);

  // What an earlier try wrote stays as it was first written: it saw the system earlier.
  const mine = earlier ?? wholeOf(snapshotOf(cluster, input, objects, present.surroundings));
  const copies = await keep(cluster, evidence, mine, digest);
  const { whole } = copies;
  if (!whole) throw nothingKept(cluster, input, copies);
  const found = opened.filter(({ kept }) => kept.id !== id);
  const noting = await note(cluster, evidence, { copies: { ...copies, whole }, found, trusted: marker.trusted });
  if (noting.lost) await closeInStore(evidence, system, id, input.run).catch(() => undefined);
  const adopted = noting.lost || earlier !== undefined || whole !== mine;
  return taken(cluster, noting.opened, [...warnings, ...noting.warnings], adopted);
}

const taken = (cluster: Cluster, opened: Opened[], warnings: string[], adopted: boolean): Taken => ({
  ...remember(cluster, opened, warnings),
  adopted,
});

const foreignKeys = (keys: ObjectKey[], { others }: Marker): string[] =>
  others.flatMap(({ id, covers }) => {
    const theirs = keys.filter((key) => covers.includes(key));
    return theirs.length === 0 ? [] : [`Snapshot ${id} of another system's shutdown keeps ${theirs.join(', ')}.`];
  });

function goneKeys(cluster: Cluster, wanted: ReadonlySet<ObjectKey>, objects: SavedObject[]): string[] {
  const there = new Set(objects.map(({ ref }) => keyOf(cluster.place, ref)));
  return [...wanted]
    .filter((key) => !there.has(key))
    .map((key) => `${key} is not there any more: nothing to save of it.`);
}

const snapshotOf = (
  cluster: Cluster,
  { id, system, run }: Input,
  objects: SavedObject[],
  surroundings: Surroundings,
): Whole['snapshot'] => ({
  formatVersion: 1,
  id,
  system,
  place: cluster.place,
  takenAt: new Date().toISOString(),
  run,
  objects,
  surroundings,
});

function nothingKept(cluster: Cluster, { system }: Input, { problems }: Copies): ApplicationFailure {
  return ApplicationFailure.retryable(
    `The state of ${system} could not be saved, so nothing was stopped. ${problems.join(' ')} Grant get, create and patch of configmaps in namespace ${cluster.place.namespace}, or make the evidence store of the worker (BELAY_EVIDENCE) writable.`,
    'SnapshotFailed',
  );
}
