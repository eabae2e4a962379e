import { stat } from 'node:fs/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { Engine, EngineContext } from '../backup/engine.js';
import type { SourceFacts } from '../backup/types.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { structureProblems, tarVersion } from './archive.js';
import { inspectBeside } from './beside.js';
import { capture } from './capture.js';
import { entriesBelow } from './contents.js';
import { freeBytes, onFile } from './files.js';
import { rehearse, restore, swap, swapBack } from './restore.js';
import { dropPath } from './swapPaths.js';
import { besidePath } from './tag.js';

/** Header and padding that tar adds to an entry, about. */
const ENTRY_BYTES = 1_536;

/**
 * A folder of the worker's host. Payload `files.tar`; restoring by hand is `tar --extract --preserve-permissions --file files.tar` in
 * an empty folder, then `unstable.tar`, where there is one.
 */
export const folderEngine: Engine<'folder'> = {
  inspect,
  capture,
  async readThrough(_source, files, context) {
    const problems: string[] = [];
    for (const path of Object.values(files.paths)) problems.push(...(await structureProblems(path, context)));
    return problems;
  },
  rehearse,
  restore,
  inspectRestore: (source, into, bytes, context) => inspectBeside(source.path, into, bytes, context),
  swap,
  swapBack,
  drop: async (source, name, { system }) => dropPath(besidePath(source.path, name), { system, source: source.name }),
  sweep: (before) => sweepThrowaways('folder', before),
};

async function inspect(source: SourceOf<'folder'>, context: EngineContext): Promise<SourceFacts> {
  const found = await onFile(`Looking at ${source.path}`, () => stat(source.path));
  if (!found.isDirectory()) {
    throw backupError('NotFound', `${source.path} is no folder; correct the path in the system's description.`);
  }
  const version = await tarVersion(context);
  const entries = await entriesBelow(source.path, false, context);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes + ENTRY_BYTES, 0);
  const warnings: string[] = [];
  const room = await freeBytes(context.scratch).catch(() => undefined);
  if (room !== undefined && room < bytes) {
    warnings.push(
      `The worker's scratch folder has room for ${room} bytes; the archive takes up to ${bytes}. Set BELAY_SCRATCH.`,
    );
  }
  return {
    identity: `${source.host}:${source.path}`,
    serverVersion: '',
    tools: { tar: version },
    estimatedBytes: bytes,
    warnings,
  };
}
