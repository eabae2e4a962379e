import { readFile, stat } from 'node:fs/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import { freeBytes, sizeText } from '../backup/classify.js';
import type { EngineContext, Files, Rehearsal, Warm } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { ensureScratchRoot, scratchRoot } from '../throwaway/index.js';
import { catalogueOf } from './catalogue.js';
import { contentsOfCopy } from './compared.js';
import { createDatabase } from './database.js';
import { examine } from './examine.js';
import { startInstance, type Instance } from './instance.js';
import { analyze, load, roomySettings } from './load.js';
import { applicationName } from './names.js';
import { DUMP, GLOBALS } from './readThrough.js';
import { createRoles, rolesOf } from './roles.js';
import { openSession } from './session.js';
import { smoke } from './smoke.js';
import { hasData, tableOfContents } from './toc.js';

/** Not the source's own name: nothing in a dump may depend on it. */
const DATABASE = 'rehearsal';

/** Path of a payload. Throws `Damaged` when the backup does not have it. */
export function pathOf(files: Files, name: string): string {
  const path = files.paths[name];
  if (path === undefined) throw backupError('Damaged', `The backup has no ${name}; choose another one.`);
  return path;
}

/** See `Engine.warm`. */
export async function warm(source: SourceOf<'postgres'>, context: EngineContext): Promise<Warm> {
  const instance = await startInstance(context);
  return { rehearse: (files) => rehearseIn(instance, source, files, context), close: () => instance.close() };
}

/** See `Engine.rehearse`. */
export async function rehearse(source: SourceOf<'postgres'>, files: Files, context: EngineContext): Promise<Rehearsal> {
  return rehearseIn(await startInstance(context), source, files, context);
}

async function rehearseIn(
  instance: Instance,
  source: SourceOf<'postgres'>,
  files: Files,
  context: EngineContext,
): Promise<Rehearsal> {
  try {
    const dump = pathOf(files, DUMP);
    await checkRoom(dump);
    const catalogue = await catalogueOf(files);
    const inDump = hasData(await tableOfContents(dump, context).catch(refused));
    if (!instance.offline) context.progress('the throwaway server has a network: unshare(1) is not possible here');
    const note = await prepare(instance, await readFile(pathOf(files, GLOBALS), 'utf8'), { catalogue, context });
    if (note !== undefined) context.progress(note);
    const application = applicationName(context.run.workflowId);
    const place = { login: instance.login, database: DATABASE, application };
    const flags = ['--no-owner', '--no-acl', '--no-tablespaces'];
    const timings: Record<string, number> = { ...instance.timings };
    Object.assign(timings, await load(dump, { ...place, catalogue, flags, settings: roomySettings() }, context));
    return {
      timings,
      contents: (hashes) => contentsOfCopy(place, { catalogue, inDump, hashes }, context),
      async examine() {
        const { problems, skipped } = await examine(instance.login, DATABASE, context);
        if (skipped !== undefined) {
          context.progress(`pg_amcheck was skipped: ${skipped}`);
          // A name in the report is all that a rehearsal can say beside its problems.
          timings[`pg_amcheck skipped, ${skipped}`] = 0;
        }
        return problems;
      },
      async smoke() {
        // Comparing reads every table from end to end; only the application's own queries need statistics.
        timings['analyze'] = await analyze(place, context);
        return smoke(source.smoke, place, context);
      },
      close: () => instance.close(),
    };
  } catch (error) {
    await instance.close();
    throw error;
  }
}

async function prepare(
  instance: Instance,
  globals: string,
  given: { catalogue: Parameters<typeof createDatabase>[2]; context: EngineContext },
): Promise<string | undefined> {
  const options = { database: 'postgres', application: 'belay', signal: given.context.signal };
  const session = await openSession(instance.login, options);
  try {
    await createRoles(session, rolesOf(globals));
    return await createDatabase(session, DATABASE, given.catalogue, { fallBack: true });
  } finally {
    await session.end();
  }
}

/** A dump that is not compressed needs about its own size again. Told before, not after an hour. */
async function checkRoom(dump: string): Promise<void> {
  const root = scratchRoot();
  await ensureScratchRoot(root);
  const [free, { size }] = [await freeBytes(root), await stat(dump)];
  if (free >= size) return;
  throw backupError(
    'DiskFull',
    `${root} has ${sizeText(free)} free; restoring ${sizeText(size)} needs as much at least. Free more, or set BELAY_SCRATCH to a larger disk.`,
  );
}

function refused(error: unknown): never {
  const { type, message } = error as { type?: string; message?: string };
  if (type !== 'ProducerFailed') throw error;
  throw backupError('RestoreError', `${DUMP} has no table of contents that pg_restore can read: ${message ?? ''}`);
}
