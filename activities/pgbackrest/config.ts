/** What we need of pgBackRest's configuration for a stanza; its defaults where nothing is said. */
export interface StanzaConfig {
  /** Data folder of the cluster on this host; undefined when it lies on another one. */
  dataDir?: string;
  /** The stanza's cluster lies on another host (`pg1-host`). */
  remote: boolean;
  port: number;
  socketDir: string;
  /** Role that connects; undefined means the one called like the system's user. */
  user?: string;
  database: string;
  /** Folder of the repository, when it is one. */
  repoDir?: string;
  /** `archive-push-queue-max` is set: when the queue is full, WAL is dropped. */
  dropsWal: boolean;
}

type Sections = Map<string, Map<string, string>>;

function parseIni(text: string): Sections {
  const sections: Sections = new Map();
  let section = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const title = /^\[([^\]]+)\]$/.exec(line)?.[1];
    if (title !== undefined) section = title;
    const [, key, value] = /^([a-z0-9-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (title !== undefined || key === undefined) continue;
    const entries = sections.get(section) ?? new Map<string, string>();
    // A key that may stand several times (tablespace-map …) is none of ours.
    entries.set(key, value ?? '');
    sections.set(section, entries);
  }
  return sections;
}

/**
 * Reads what we need of a configuration file, of the repository with this number. The stanza's section wins over the global one, as
 * documented (https://pgbackrest.org/user-guide.html). Undefined when the file does not know the stanza.
 */
export function parseConfig(text: string, stanza: string, repo: number): StanzaConfig | undefined {
  const sections = parseIni(text);
  const own = sections.get(stanza);
  if (own === undefined) return undefined;
  const get = (key: string): string | undefined => own.get(key) ?? sections.get('global')?.get(key);
  const remote = get('pg1-host') !== undefined;
  const dataDir = get('pg1-path');
  const user = get('pg1-user');
  const type = get(`repo${repo}-type`) ?? 'posix';
  const inFolder = type === 'posix' && get(`repo${repo}-host`) === undefined;
  return {
    ...(dataDir !== undefined && !remote && { dataDir }),
    remote,
    port: Number(get('pg1-port') ?? 5432),
    socketDir: get('pg1-socket-path') ?? '/var/run/postgresql',
    ...(user !== undefined && { user }),
    database: get('pg1-database') ?? 'postgres',
    ...(inFolder && { repoDir: get(`repo${repo}-path`) ?? '/var/lib/pgbackrest' }),
    dropsWal: get('archive-push-queue-max') !== undefined,
  };
}
