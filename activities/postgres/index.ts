import type { Engine } from '../backup/engine.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { capture } from './capture.js';
import { inspect } from './inspect.js';
import { THROWAWAY } from './instance.js';
import { readThrough } from './readThrough.js';
import { drop } from './live/drop.js';
import { inspectRestore } from './live/inspectRestore.js';
import { restore } from './live/restore.js';
import { swap, swapBack } from './live/swap.js';
import { rehearse, warm } from './rehearse.js';

/**
 * PostgreSQL by logical dumps. Payloads: `globals.sql` (pg_dumpall), `catalogue.json` (what a restore needs before it opens the
 * dump), `database.dump` (pg_dump -Fc). Dump, counts and hashes are of one exported snapshot.
 */
export const postgresEngine: Engine<'postgres'> = {
  inspect,
  capture,
  readThrough: (_source, files, context) => readThrough(files, context),
  rehearse,
  warm,
  restore,
  inspectRestore,
  swap,
  swapBack,
  drop,
  sweep: (before) => sweepThrowaways(THROWAWAY, before),
};
