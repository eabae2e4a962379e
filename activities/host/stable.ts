import type { Entry } from './contents.js';

/** How far the clock that stamps files may lag behind: it ticks every few milliseconds only. */
export const TICK_NS = 50_000_000n;

/** Why an archive's copy of an entry cannot be relied on; undefined when it can. `now` is the entry as it is after the archive was made. Pure. */
export function unstable(now: Entry | undefined, begunNs: bigint): string | undefined {
  if (now === undefined) return 'it was removed while the folder was read';
  if (now.kind === 'special') return undefined;
  // A folder changes with every name in it: those names are looked at themselves.
  if (now.kind === 'folder') return undefined;
  return now.ctimeNs < begunNs - TICK_NS ? undefined : 'it changed while the folder was read';
}
