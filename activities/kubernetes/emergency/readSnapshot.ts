import type { EvidenceStore } from '../../evidence/store.js';
import { readCopies } from './copies.js';
import { guess } from './guess.js';
import { lookAtObjects } from './lookAtObjects.js';
import { type Marker, MARKER, readMarker } from './marker.js';
import { type Live, marksIn, readLive } from './marks.js';
import { keptOf, listStore, lostKeys, objectsOf, type Opened, openNoted, openUnnoted, remember } from './open.js';
import { keyOf, type Cluster } from './place.js';
import type { EmergencyActivities, ObjectKey, ReadSnapshot, SavedObject } from './types.js';

type Input = Parameters<EmergencyActivities['readSnapshot']>[0];

/** {@link EmergencyActivities.readSnapshot} */
export async function readSnapshot(cluster: Cluster, input: Input, evidence: EvidenceStore): Promise<ReadSnapshot> {
  const marker = await readMarker(cluster, input.system);
  const look = lookLater(cluster, input);
  return input.snapshot === 'latest' || input.snapshot === 'lastKnownGood'
    ? readLatest(cluster, input, evidence, marker, look)
    : readOne(cluster, input, evidence, marker, look);
}

interface Look {
  objects: SavedObject[];
  live: Live;
}

/** The objects as they are now: looked at once, and only if somebody asks. */
function lookLater(cluster: Cluster, input: Input): () => Promise<Look> {
  let looking: Promise<Look> | undefined;
  const look = async (): Promise<Look> => {
    const { objects } = await lookAtObjects(cluster, input);
    return { objects, live: await readLive(cluster, objects) };
  };
  return () => (looking ??= look());
}

async function readLatest(
  cluster: Cluster,
  { system }: Input,
  evidence: EvidenceStore,
  marker: Marker,
  look: () => Promise<Look>,
): Promise<ReadSnapshot> {
  const opened = await openNoted(cluster, evidence, system, marker.snapshots);
  const warnings: string[] = [];
  if (!marker.trusted) {
    const known = new Set(opened.map(({ kept }) => kept.id));
    const [{ live }, listing] = await Promise.all([look(), listStore(evidence, system)]);
    const asked = { marks: marksIn(live), listing, orNewest: opened.length === 0 };
    const unnoted = await openUnnoted(cluster, evidence, system, asked);
    opened.push(...unnoted.filter(({ kept }) => !known.has(kept.id)));
    warnings.push(marker.problem ?? `ConfigMap ${MARKER}, which says what is down, is not there.`, ...listing.problems);
  }
  const lost = lostKeys(cluster, opened);
  if (opened.length > 0 && lost?.size === 0) return { found: true, ...remember(cluster, opened, warnings) };
  if (opened.length > 0) return notFound(cluster, opened, lost, warnings, look);
  const marked = new Set(marksIn((await look()).live).keys());
  const where = `${system} in namespace ${cluster.place.namespace}`;
  if (marked.size === 0)
    return {
      found: false,
      problem: ['Nothing of', where, 'is down: no shutdown is open.', ...warnings].join(' '),
      guess: [],
    };
  const problem = `No snapshot of ${where} is open, although ${marked.size} objects carry the mark of a shutdown.`;
  return { found: false, problem: [problem, ...warnings].join(' '), guess: await guessed(cluster, marked, look) };
}

async function readOne(
  cluster: Cluster,
  { system, snapshot: id }: Input,
  evidence: EvidenceStore,
  marker: Marker,
  look: () => Promise<Look>,
): Promise<ReadSnapshot> {
  const noted = marker.snapshots.find((one) => one.id === id);
  const copies = await readCopies(cluster, evidence, system, id, noted ? { digest: noted.digest } : {});
  if (copies.whole) {
    const opened = [{ kept: noted ?? keptOf(cluster, id, copies), copies }];
    return { found: true, ...remember(cluster, opened, []) };
  }
  const marks = [...marksIn((await look()).live)];
  const marked = marks.flatMap(([key, mark]) => (mark.snapshot === id ? [key] : []));
  if (!noted && marked.length === 0 && copies.missing) {
    const open = marker.snapshots.map((one) => one.id).join(', ') || 'none';
    const problem = `${system} has no snapshot ${id}. Open ones are: ${open}. Give one of these, or latest.`;
    return { found: false, problem, guess: [] };
  }
  const opened = [{ kept: noted ?? keptOf(cluster, id, copies, marked), copies }];
  return notFound(cluster, opened, lostKeys(cluster, opened), [], look);
}

/** Some of what was saved is lost. What is whole is not, and takes part in the guess. */
async function notFound(
  cluster: Cluster,
  opened: Opened[],
  lost: ReadonlySet<ObjectKey> | undefined,
  warnings: string[],
  look: () => Promise<Look>,
): Promise<ReadSnapshot> {
  const away = opened.map(({ copies }) => copies).find((copies) => !copies.whole && copies.away !== undefined)?.away;
  // A cluster that does not answer for a moment is no reason to guess.
  if (away !== undefined) throw away;
  const ids = opened.flatMap(({ kept, copies }) => (copies.whole ? [] : [kept.id]));
  const problems = opened.flatMap(({ copies }) => (copies.whole ? [] : copies.problems));
  const whole = [...objectsOf(cluster, opened)].map(([key, object]) => ({
    ...object,
    because: `snapshot ${opened.find(({ kept, copies }) => copies.whole && kept.covers.includes(key))?.kept.id}, which is whole`,
  }));
  const known = new Set(whole.map(({ ref }) => keyOf(cluster.place, ref)));
  const guesses = await guessed(cluster, lost, look);
  return {
    found: false,
    problem: [`No copy of snapshot ${ids.join(', ')} can be trusted.`, ...problems, ...warnings].join(' '),
    guess: [...whole, ...guesses.filter(({ ref }) => !known.has(keyOf(cluster.place, ref)))],
  };
}

async function guessed(cluster: Cluster, lost: ReadonlySet<ObjectKey> | undefined, look: () => Promise<Look>) {
  const { objects, live } = await look();
  return guess(cluster, objects, live, lost);
}
