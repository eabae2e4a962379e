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
  /** Who holds it: a drill that ends must not take away what a person asked for. */
  holders: ReadonlySet<string>;
  condemnedAt: string | undefined;
}

/** Begins the `workflowId` of events that a person made. */
export const PERSON = 'cli/';

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
      return { ...state, holders: new Set([...state.holders, event.workflowId]) };
    case 'release':
      return { ...state, holders: released(state.holders, event.workflowId) };
    case 'condemned':
      return { ...state, condemnedAt: state.condemnedAt ?? event.at };
    case 'reprieved':
      return { ...state, condemnedAt: undefined };
  }
}

/** A run takes back its own hold only; a person any, also that of a run that died. */
function released(holders: ReadonlySet<string>, workflowId: string): ReadonlySet<string> {
  return new Set(workflowId.startsWith(PERSON) ? [] : [...holders].filter((holder) => holder !== workflowId));
}

/** What the store says of a backup: its manifest and, in the order of their times, its events. Pure. */
export function foldEntry(manifest: Manifest, events: readonly BackupEvent[]): BackupEntry {
  // It was read back before it was published.
  const first: State = {
    level: 'L2',
    levelAt: manifest.publishedAt,
    bad: false,
    holders: new Set(),
    condemnedAt: undefined,
  };
  const { level, levelAt, bad, holders, condemnedAt } = events.toSorted(byTime).reduce(apply, first);
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
    held: holders.size > 0,
    ...(condemnedAt !== undefined && { condemnedAt }),
    ...(lockedUntil !== undefined && { lockedUntil }),
    encrypted: manifest.objects.length > 0 && manifest.objects.every((object) => object.encryption === 'age'),
    ...(typeof chain === 'string' && { chain }),
  };
}
