import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { goBuildModule } from '../kit/goBuild.js';
import { projectRoot } from '../kit/paths.js';
import type { ProgramSpec } from '../kit/types.js';

const FERRETDB = '1.24.2';
const TOOLS = '100.6.1';
const TOOL_NAMES = ['mongodump', 'mongorestore'] as const;

/** FerretDB with SQLite: speaks MongoDB's protocol where no mongod is installed. */
export const ferretdbProgram: ProgramSpec = {
  name: 'ferretdb',
  // The last number counts changes of ferretdb/.
  version: `${FERRETDB}-1`,
  env: 'BELAY_FERRETDB_BIN',
  path: [],
  async check(file) {
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    return stdout.includes(`v${FERRETDB}`) ? undefined : `it is not FerretDB ${FERRETDB}`;
  },
  install: (dir, progress) =>
    goBuildModule(join(projectRoot(), 'sandbox', 'mongodb', 'ferretdb'), 'ferretdb', {
      dir,
      progress,
      ldflags: '-s -w',
    }),
  hint: 'Install MongoDB (https://www.mongodb.com/docs/manual/installation/) so that `mongod` is on the PATH, or Go 1.24 or newer to build FerretDB.',
};

/** mongodump, with mongorestore beside it. */
export const mongoToolsProgram: ProgramSpec = {
  name: 'mongodump',
  version: `${TOOLS}-1`,
  env: 'BELAY_MONGODUMP_BIN',
  path: ['mongodump'],
  async check(file) {
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    await access(join(dirname(file), 'mongorestore'), constants.X_OK);
    return /mongodump version: 100\./.test(stdout) ? undefined : 'it is not of the MongoDB Database Tools 100';
  },
  async install(dir, progress) {
    const module = join(projectRoot(), 'sandbox', 'mongodb', 'tools');
    const ldflags = `-s -w -X main.VersionStr=${TOOLS}`;
    for (const name of TOOL_NAMES) {
      const pkg = `github.com/mongodb/mongo-tools/${name}/main`;
      await goBuildModule(module, name, { dir, progress, ldflags, pkg });
    }
    return join(dir, 'mongodump');
  },
  hint: 'Install the MongoDB Database Tools (https://www.mongodb.com/docs/database-tools/installation/) so that `mongodump` is on the PATH, or set BELAY_MONGODUMP_BIN to it.',
};

const OLDEST_MONGOD = 4;

/** Path of a mongod: `BELAY_MONGOD_BIN`, else one on the PATH; undefined when there is none that is new enough. */
export async function findMongod(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const given = env['BELAY_MONGOD_BIN'];
  if (given) {
    if (await isMongod(given)) return given;
    throw new Error(`BELAY_MONGOD_BIN=${given} is not MongoDB ${OLDEST_MONGOD} or newer. Correct it, or unset it.`);
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((entry) => entry.startsWith('/'))) {
    const file = join(folder, 'mongod');
    if (await isMongod(file)) return file;
  }
  return undefined;
}

async function isMongod(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    return Number(/db version v(\d+)/.exec(stdout)?.[1]) >= OLDEST_MONGOD;
  } catch {
    return false;
  }
}
