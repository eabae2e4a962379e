import { backupError } from '../../backup/errors.js';
import type { Tag } from './tag.js';

/** One rename: `park` live → kept, `promote` restored → live, `demote` live → restored, `reinstate` kept → live. */
export type Move = 'park' | 'promote' | 'demote' | 'reinstate';

/** What stands under the three names; `undefined` where there is nothing. */
export interface Standing {
  live: { tag?: Tag | undefined } | undefined;
  restored: { tag?: Tag | undefined } | undefined;
  kept: { tag?: Tag | undefined } | undefined;
}

interface Names {
  live: string;
  restored: string;
  kept: string;
}

/** The renames that a swap still needs; none when it is done. Throws `NotFound`, `NameTaken`, `NotOurs`. Pure. */
export function movesOfSwap({ live, restored, kept }: Standing, names: Names): Move[] {
  if (live && !restored && kept) return requireTag(kept, names.kept, 'kept', []);
  if (live && restored && !kept) return requireTag(restored, names.restored, 'restored', ['park', 'promote']);
  if (!live && restored && kept) return requireTag(restored, names.restored, 'restored', ['promote']);
  if (live && restored && kept) {
    throw backupError('NameTaken', `Database ${names.kept} exists already; nothing was renamed. Start again.`);
  }
  const missing = live ? names.restored : names.live;
  throw backupError('NotFound', `Database ${missing} is not on the server; nothing was renamed.`);
}

/** The renames that put everything back as before the swap. Throws `NotFound`, `NameTaken`, `NotOurs`. Pure. */
export function movesOfSwapBack({ live, restored, kept }: Standing, names: Names): Move[] {
  if (live && !kept) return [];
  if (live && !restored && kept) return requireTag(kept, names.kept, 'kept', ['demote', 'reinstate']);
  if (!live && kept) return requireTag(kept, names.kept, 'kept', ['reinstate']);
  if (live) throw backupError('NameTaken', `Database ${names.restored} exists beside ${names.kept}; drop one by hand.`);
  throw backupError('NotFound', `Neither ${names.live} nor ${names.kept} is on the server; rename by hand.`);
}

function requireTag(found: { tag?: Tag | undefined }, name: string, kind: Tag['kind'], moves: Move[]): Move[] {
  if (found.tag?.kind === kind) return moves;
  throw backupError('NotOurs', `Database ${name} does not carry the mark of a ${kind} copy; nothing was renamed.`);
}
