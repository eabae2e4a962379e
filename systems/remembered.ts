import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findSystemFile, systemDirectories } from './directories.js';
import { loadSystem, type LoadedSystem } from './load.js';

/** Descriptions that are kept; a worker that serves more reads some of them again. */
const MOST = 200;

const textOf = (file: string | undefined): string => {
  try {
    return file === undefined ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Of everything that a description is read from. */
function fingerprint(name: string): string {
  const file = findSystemFile(name, systemDirectories());
  const dir = process.env['BELAY_SYSTEMS_OVERLAY']?.trim();
  const overlay = file !== undefined && dir ? textOf(join(resolve(dir), `${name}.yaml`)) : '';
  return createHash('sha256')
    .update(JSON.stringify([name, file ?? '', textOf(file), overlay]))
    .digest('hex');
}

/**
 * As `loadSystem`, but a description whose files hold the same text as before is not parsed and checked again: in a storm every incident
 * asks for the same one, and each reading takes some 20 ms. What it returns is shared: it must not be changed.
 */
export function rememberingLoader(load: (name: string) => LoadedSystem = loadSystem): (name: string) => LoadedSystem {
  const known = new Map<string, LoadedSystem>();
  return (name) => {
    const before = fingerprint(name);
    const found = known.get(before);
    if (found) return found;
    const loaded = load(name);
    // Edited meanwhile: nobody knows which of the texts was read.
    if (fingerprint(name) === before) {
      known.set(before, loaded);
      for (const oldest of [...known.keys()].slice(0, -MOST)) known.delete(oldest);
    }
    return loaded;
  };
}
