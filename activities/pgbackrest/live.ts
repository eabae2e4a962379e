import { ask, type Stanza } from './stanza.js';

const QUERY_MS = 60_000;

/** What the live server says of itself and of its archiver. */
export interface LiveFacts {
  inRecovery: boolean;
  dataChecksums: boolean;
  /** The last try to archive failed and nothing was archived since. */
  archiverFails: boolean;
  lastFailedWal: string;
}

/** Output of one query as rows of fields, through psql on the socket, as the stanza's own user. */
export async function queryLive(stanza: Stanza, sql: string): Promise<string[][]> {
  const { config, owner } = stanza;
  const user = config.user === undefined ? [] : [`--username=${config.user}`];
  const where = [`--host=${config.socketDir}`, `--port=${config.port}`, `--dbname=${config.database}`, ...user];
  const args = ['--no-psqlrc', '--no-password', '-qAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1', ...where, '-c', sql];
  const env = { PGAPPNAME: 'belay', PGCONNECT_TIMEOUT: '10' };
  const text = await ask(stanza, 'ask the live server', { file: 'psql', args, env, cwd: '/', ...owner }, QUERY_MS);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** Archiver health is `pg_stat_archiver`: a failure that is younger than the last success. */
export async function liveFacts(stanza: Stanza): Promise<LiveFacts> {
  const [row = []] = await queryLive(
    stanza,
    `SELECT pg_is_in_recovery(), current_setting('data_checksums'),
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false), coalesce(last_failed_wal, '')
     FROM pg_stat_archiver`,
  );
  const [recovery, checksums, fails, wal = ''] = row;
  return {
    inRecovery: recovery === 't',
    dataChecksums: checksums === 'on',
    archiverFails: fails === 't',
    lastFailedWal: wal,
  };
}
