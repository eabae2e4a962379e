import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SourceOf } from '../../../systems/backupSchema.js';
import { isError } from '../../backup/classify.js';
import type { Copy, EngineContext, Files } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { catalogueOf, type Catalogue } from '../catalogue.js';
import { contentsOfCopy } from '../compared.js';
import { createDatabase } from '../database.js';
import { serverVersion } from '../inspect.js';
import { analyze, load } from '../load.js';
import { checkName, quoted } from '../names.js';
import { DUMP, GLOBALS } from '../readThrough.js';
import { pathOf } from '../rehearse.js';
import { rolesOf } from '../roles.js';
import { QUICK_MS, type Session } from '../session.js';
import { hasData, tableOfContents } from '../toc.js';
import { checkedTools, toolVersions } from '../tools.js';
import { carryAccess, carrySettings } from './carryOver.js';
import { commentOn, dropDatabase, findDatabase, type Database } from './databases.js';
import { maintain } from './maintenance.js';
import { formatTag, mayDrop, whose, type Owner } from './tag.js';

/** See `Engine.restore`. Owners and rights are those of the backup; who may connect, and settings, are those of the live database. */
export async function restore(
  source: SourceOf<'postgres'>,
  files: Files,
  into: string,
  context: EngineContext,
): Promise<Copy> {
  checkName(into);
  const catalogue = await catalogueOf(files);
  const dump = pathOf(files, DUMP);
  const inDump = hasData(await tableOfContents(dump, context));
  return maintain(source, context, async (session, login, application) => {
    checkedTools(['pg_restore'], await toolVersions(['pg_restore'], context.signal), await serverVersion(session));
    const live = await findDatabase(session, source.database);
    const { workflowId, runId } = context.run;
    const owner: Owner = { workflowId, runId };
    await makeRoom(session, source, into, owner);
    await claim(session, { into, live, catalogue, owner });
    const missing = await missingRoles(session, await readFile(pathOf(files, GLOBALS), 'utf8'));
    const place = { login, database: into, application };
    const loaded = await load(dump, { ...place, catalogue, flags: [] }, context).catch((error: unknown) => {
      throw withRoles(error, missing);
    });
    const timings = { ...loaded, analyze: await analyze(place, context) };
    if (live) await carrySettings(session, live.name, into);
    await session.query(commentOn(into, formatTag({ ...owner, kind: 'restored' })), [], QUICK_MS);
    return {
      timings,
      notes: notesOf(missing, live, source.database),
      contents: (hashes) => contentsOfCopy(place, { catalogue, inDump, hashes }, context),
      close: () => Promise.resolve(),
    };
  });
}

/** A copy that an earlier attempt of this run has begun is removed; any other database of that name stays, and is refused. */
async function makeRoom(session: Session, source: SourceOf<'postgres'>, into: string, owner: Owner): Promise<void> {
  const found = await findDatabase(session, into);
  if (found === undefined) return;
  const live = into === source.database || into === source.maintenanceDatabase;
  if (!live && mayDrop(found.tag, owner)) return dropDatabase(session, into);
  throw backupError(
    'NameTaken',
    `Database ${into} exists, ${whose(found.tag)}. Choose another name, or drop it yourself.`,
  );
}

/**
 * Makes the empty database. It gets its tag and its rights under a name that nobody else uses, so that `into` never exists
 * without them, whenever we are cut off.
 */
async function claim(
  session: Session,
  wanted: { into: string; live: Database | undefined; catalogue: Catalogue; owner: Owner },
): Promise<void> {
  const { into, live, catalogue, owner } = wanted;
  const draft = `belay_draft_${createHash('sha256').update(`${owner.workflowId}\n${into}`).digest('hex').slice(0, 16)}`;
  await dropDatabase(session, draft);
  await createDatabase(session, draft, catalogue, {
    fallBack: false,
    ...(live && { tablespace: live.tablespace }),
  });
  await session.query(commentOn(draft, formatTag({ ...owner, kind: 'restoring' })), [], QUICK_MS);
  if (live) await carryAccess(session, live.name, draft);
  await session.query(`ALTER DATABASE ${quoted(draft)} RENAME TO ${quoted(into)}`, [], QUICK_MS);
}

async function missingRoles(session: Session, globals: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS wanted(name) WHERE name NOT IN (SELECT rolname::text FROM pg_roles)',
    [rolesOf(globals)],
    QUICK_MS,
  );
  return rows.map(({ name }) => name);
}

function withRoles(error: unknown, missing: readonly string[]): unknown {
  if (missing.length === 0 || !isError(error, 'RestoreError')) return error;
  const said = error instanceof Error ? error.message : String(error);
  const roles = missing.slice(0, 20).join(', ');
  return backupError(
    'RestoreError',
    `The server lacks roles of the backup: ${roles}. Make them by globals.sql. ${said}`,
  );
}

function notesOf(missing: readonly string[], live: Database | undefined, name: string): string[] {
  const notes: string[] = [];
  if (missing.length > 0) notes.push(`roles of the backup that the server lacks: ${missing.slice(0, 20).join(', ')}`);
  if (!live) notes.push(`${name} is not on the server: the copy has the default rights and no settings`);
  return notes;
}
