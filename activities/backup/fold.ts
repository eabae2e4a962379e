import { payloadBytes, type Manifest } from './manifest.js';
import type { BackupEntry, BackupEvent, Level } from './types.js';

const levels: readonly Level[] = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'];

/** Position of a level, so that levels compare. */
export const rank = (level: Level): number => levels.indexOf(level);

/** Of two events of the same millisecond the more careful one counts as the later. */
const careful: Record<BackupEvent['kind'], number> = {
  verified: 0,
  bad: 1,
  condemned: 0,
  reprieved: 1,
  release: 0,
  hold: 1,
};

const byTime = (a: BackupEvent, b: BackupEvent): number =>
  Date.parse(a.at) - Date.parse(b.at) || careful[a.kind] - careful[b.kind] || a.workflowId.localeCompare(b.workflowId);

interface State {
  level: Level;
  levelAt: string;
  bad: boolean;
  held: boolean;
  condemnedAt: string | undefined;
}

function apply(state: State, event: BackupEvent): State {
  switch (event.kind) {
    case 'verified': {
      const level = event.level ?? state.level;
      // A weaker check later says nothing against what a stronger one has proved.
      if (!state.bad && rank(level) < rank(state.level)) return state;
      return { ...state, bad: false, level, levelAt: event.at };
    }
    case 'bad': {
      // What was proved before is refuted: only what held this time still counts.
      const level = event.level !== undefined && rank(event.level) < rank(state.level) ? event.level : state.level;
      return { ...state, bad: true, level, levelAt: event.at };
    }
    case 'hold':
      return { ...state, held: true };
    case 'release':
      return { ...state, held: false };
    case 'condemned':
      return { ...state, condemnedAt: state.condemnedAt ?? event.at };
    case 'reprieved':
      return { ...state, condemnedAt: undefined };
  }
}

/** What the store says of a backup: its manifest and, in the order of their times, its events. Pure. */
export function foldEntry(manifest: Manifest, events: readonly BackupEvent[]): BackupEntry {
  // It was read back before it was published.
  const first: State = { level: 'L2', levelAt: manifest.publishedAt, bad: false, held: false, condemnedAt: undefined };
  const { level, levelAt, bad, held, condemnedAt } = events.toSorted(byTime).reduce(apply, first);
  const locks = manifest.objects.flatMap(({ lockedUntil }) => (lockedUntil === undefined ? [] : [lockedUntil]));
  const lockedUntil = locks.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
  const chain = manifest.external?.details['chain'];
  return {
    id: manifest.id,
    system: manifest.system,
    source: manifest.source,
    type: manifest.type,
    identity: manifest.identity,
    at: manifest.recoveryPoint.at,
    publishedAt: manifest.publishedAt,
    bytes: payloadBytes(manifest),
    level,
    levelAt,
    bad,
    held,
    ...(condemnedAt !== undefined && { condemnedAt }),
    ...(lockedUntil !== undefined && { lockedUntil }),
    encrypted: manifest.objects.length > 0 && manifest.objects.every((object) => object.encryption === 'age'),
    ...(typeof chain === 'string' && { chain }),
  };
}
