import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, relative, resolve } from 'node:path';
import { withLock } from './lock.js';
import { cacheRoot } from './paths.js';
import { duration, messageOf, tail } from './text.js';
import type { Program, ProgramSpec, Progress } from './types.js';

const INSTALL_TIMEOUT_MS = 45 * 60_000;
const TICK_MS = 5_000;

/**
 * Path of a usable program: explicit environment variable, else PATH, else cache, else a fresh install into the cache.
 * Safe to call from several processes at once: one installs, the others wait and use the result.
 */
export async function findOrInstall(spec: ProgramSpec, progress: Progress): Promise<string> {
  return (await fromEnvironment(spec)) ?? (await fromPath(spec)) ?? (await fromCache(spec)) ?? install(spec, progress);
}

async function fromEnvironment(spec: ProgramSpec): Promise<string | undefined> {
  const file = process.env[spec.env];
  if (!file) return undefined;
  const reason = await unusable(spec, resolve(file));
  if (reason === undefined) return resolve(file);
  throw new Error(
    `${spec.env}=${file} cannot be used: ${reason}. Correct it, or unset it to let ${spec.name} be found.`,
  );
}

async function fromPath(spec: ProgramSpec): Promise<string | undefined> {
  for (const name of spec.path) {
    for (const dir of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry.startsWith('/'))) {
      const file = join(dir, name);
      if ((await unusable(spec, file)) === undefined) return file;
    }
  }
  return undefined;
}

function cacheFolder(spec: ProgramSpec): string {
  return join(cacheRoot(), `${spec.name}-${spec.version}`);
}

async function fromCache(spec: ProgramSpec): Promise<string | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(cacheFolder(spec), 'program.json'), 'utf8')) as Program;
    const file = join(cacheFolder(spec), manifest.path);
    return (await unusable(spec, file)) === undefined ? file : undefined;
  } catch {
    return undefined;
  }
}

async function unusable(spec: ProgramSpec, file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return await spec.check(file);
  } catch (error) {
    return messageOf(error);
  }
}

// One installation at a time in this process: builds are CPU-bound, two at once only make both slower.
let queue: Promise<unknown> = Promise.resolve();

function install(spec: ProgramSpec, progress: Progress): Promise<string> {
  const folder = cacheFolder(spec);
  const onWait = (pid: number): void => progress(`waiting for process ${pid}, which is installing ${spec.name}`);
  const turn = queue.then(() =>
    withLock(`${folder}.lock`, { timeoutMs: INSTALL_TIMEOUT_MS, onWait }, async () => {
      // Whoever held the lock before us may have installed it.
      return (await fromCache(spec)) ?? installIntoCache(spec, folder, progress);
    }),
  );
  queue = turn.catch(() => undefined);
  return turn;
}

async function installIntoCache(spec: ProgramSpec, folder: string, progress: Progress): Promise<string> {
  const prefix = `.${spec.name}-${spec.version}.tmp-`;
  await removeLeftovers(prefix);
  await mkdir(cacheRoot(), { recursive: true });
  const draft = await mkdtemp(join(cacheRoot(), prefix));
  try {
    const started = Date.now();
    const file = await withTicker(progress, (report) => spec.install(draft, report));
    const reason = await unusable(spec, file);
    if (reason !== undefined) throw new Error(`what was installed cannot be used: ${reason}`);
    const manifest: Program = { path: relative(draft, file) };
    await writeFile(join(draft, 'program.json'), JSON.stringify(manifest));
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    progress(`${spec.name} ${spec.version} installed in ${duration(Date.now() - started)}`);
    return join(folder, manifest.path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const why = tail(messageOf(error), 15);
    throw new Error(
      `${spec.name} ${spec.version} is not on this machine and could not be installed.\n${spec.hint}\nWhat failed: ${why}`,
      {
        cause: error,
      },
    );
  }
}

// Called under the lock: a folder of this name belongs to an installation that was killed.
async function removeLeftovers(prefix: string): Promise<void> {
  const entries = await readdir(cacheRoot()).catch(() => []);
  for (const entry of entries.filter((name) => name.startsWith(prefix))) {
    await rm(join(cacheRoot(), entry), { recursive: true, force: true });
  }
}

/** Repeats the latest progress line with the time that it has taken, so that a long build is seen to be alive. */
async function withTicker<T>(progress: Progress, work: (report: Progress) => Promise<T>): Promise<T> {
  let line = '';
  let since = Date.now();
  const timer = setInterval(() => line && progress(`${line}, ${duration(Date.now() - since)}…`), TICK_MS);
  try {
    return await work((text) => {
      line = text;
      since = Date.now();
      progress(text);
    });
  } finally {
    clearInterval(timer);
  }
}
