import { catalogue } from '../workflows/catalogue.js';
import type { Runbook } from '../workflows/kit/runbook.js';

/** The catalogue's entry, or an error that names what there is. */
export function runbookNamed(id: string): Runbook {
  const found = Object.hasOwn(catalogue, id) ? catalogue[id] : undefined;
  if (found) return found;
  const close = Object.keys(catalogue).find((known) => known.toLowerCase() === id.replaceAll('-', '').toLowerCase());
  throw new UnknownRunbook(
    `There is no runbook "${id}".${close ? ` Did you mean ${close}?` : ''} Known: ${Object.keys(catalogue).join(', ')}`,
  );
}

/** No such entry in the catalogue. */
export class UnknownRunbook extends Error {
  override readonly name = 'UnknownRunbook';
}
