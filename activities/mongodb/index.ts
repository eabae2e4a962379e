import type { Engine } from '../backup/engine.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { capture } from './capture.js';
import { inspect } from './inspect.js';
import { readThrough } from './load.js';
import { rehearse } from './rehearse.js';
import { drop, inspectRestore, NO_SWAP, restore } from './restore.js';

/**
 * One database of a MongoDB server: an archive of mongodump, which mongorestore takes. Errors are `backupErrors`. Only collections that
 * stood still while they were dumped are compared exactly; the others are named.
 */
export const mongodbEngine: Engine<'mongodb'> = {
  noSwap: NO_SWAP,
  inspect,
  capture,
  readThrough: (_, files, context) => readThrough(files, context),
  rehearse,
  restore,
  inspectRestore,
  drop,
  sweep: (before) => sweepThrowaways('mongodb', before),
};
