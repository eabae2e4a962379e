import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import stableStringify from 'fast-json-stable-stringify';
import { findSystemFile, listSystems, systemDirectories } from './directories.js';
import { InvalidSystemError, UnknownSystemError } from './errors.js';
import { examine, type FurtherCheck } from './examine.js';
import type { System } from './schema.js';
import { readSource, type Source } from './source.js';

export { listSystems } from './directories.js';
export { InvalidSystemError, UnknownSystemError } from './errors.js';

export interface LoadedSystem {
  system: System;
  /** sha256 (hex) of the canonical JSON of the description after the overlay, before defaults: what people wrote. */
  hash: string;
  file: string;
}

export interface LoadOptions {
  /** Folders to look in; `BELAY_SYSTEMS` or the package's own when left out. */
  dirs?: readonly string[];
  /** Folder of merge patches; `BELAY_SYSTEMS_OVERLAY` or none when left out. */
  overlayDir?: string;
  /** Makes the description invalid where it finds something. */
  further?: FurtherCheck;
}

/**
 * Reads and validates one system's description, the overlay applied. Reads files only, so it may be repeated at will.
 * Throws UnknownSystemError (with the names there are) or InvalidSystemError (with every problem at its line).
 */
export function loadSystem(name: string, options: LoadOptions = {}): LoadedSystem {
  const dirs = options.dirs ?? systemDirectories();
  const file = findSystemFile(name, dirs);
  if (file === undefined) throw new UnknownSystemError(name, listSystems(dirs), dirs);
  const base = source(name, file);
  const overlay = overlayOf(name, options.overlayDir);
  const { merged, system, problems } = examine(base, overlay, basename(file, '.yaml'), options.further);
  if (system === undefined) throw new InvalidSystemError(name, problems);
  return { system, hash: createHash('sha256').update(stableStringify(merged)).digest('hex'), file };
}

function overlayOf(name: string, dir = process.env['BELAY_SYSTEMS_OVERLAY']): Source | undefined {
  if (dir === undefined || dir.trim() === '') return undefined;
  const file = join(resolve(dir), `${name}.yaml`);
  return existsSync(file) ? source(name, file) : undefined;
}

function source(name: string, file: string): Source {
  const read = readSource(file);
  if ('problems' in read) throw new InvalidSystemError(name, read.problems);
  return read.source;
}
