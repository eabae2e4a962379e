import { readFile, stat } from 'node:fs/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { findProgram, runCommand, startPipeline, type Command } from '../pipeline/index.js';
import { parseConfig, type StanzaConfig } from './config.js';
import { stanzaError } from './errors.js';
import { parseInfo, type StanzaInfo } from './info.js';

const SHORT_MS = 5 * 60_000;
const LIVE_TICK_MS = 5_000;
/** Of a long command's output; the rest is only progress. */
const KEPT_CHARS = 256 * 1024;

/** System user that a command runs as; undefined when it is ours anyway. */
export interface Owner {
  uid: number;
  gid: number;
}

/** pgBackRest for one stanza on this host. */
export interface Stanza {
  source: SourceOf<'pgbackrest'>;
  context: EngineContext;
  config: StanzaConfig;
  program: string;
  owner: Owner | undefined;
}

/**
 * Finds pgBackRest and what its configuration says of the stanza. Where we are root, everything runs as the owner of the cluster's files, as
 * PostgreSQL demands. Throws `MissingProgram`, `NotFound`, `Forbidden`.
 */
export async function openStanza(source: SourceOf<'pgbackrest'>, context: EngineContext): Promise<Stanza> {
  const program = await findProgram('pgbackrest');
  const text = await readFile(source.config, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    throw backupError(
      missing ? 'NotFound' : 'Forbidden',
      `${source.config}, pgBackRest's configuration, ${missing ? 'does not exist on this host' : `cannot be read (${error.code})`}; correct config of source ${source.name}, or its host.`,
    );
  });
  const config = parseConfig(text, source.stanza, source.repo);
  if (config === undefined) {
    throw backupError(
      'NotFound',
      `${source.config} has no section [${source.stanza}]; correct stanza of source ${source.name}.`,
    );
  }
  return { source, context, config, program, owner: await ownerOf(config) };
}

async function ownerOf({ dataDir, repoDir }: StanzaConfig): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const folder of [dataDir, repoDir]) {
    const found = folder === undefined ? undefined : await stat(folder).catch(() => undefined);
    if (found !== undefined && found.uid !== 0) return { uid: found.uid, gid: found.gid };
  }
  return undefined;
}

/** A command of pgBackRest for the stanza. */
export function stanzaCommand(stanza: Stanza, name: string, options: readonly string[] = []): Command {
  const { source, program, owner } = stanza;
  // Commands without a repository, or for all of them, do not take the option.
  const repo = ['backup', 'restore', 'verify', 'expire', 'info'].includes(name) ? [`--repo=${source.repo}`] : [];
  return {
    file: program,
    args: [`--config=${source.config}`, `--stanza=${source.stanza}`, ...repo, ...options, name],
    ...owner,
    cwd: '/',
  };
}

/** Runs a command that takes seconds or minutes, and gives what it printed. */
export async function ask(stanza: Stanza, what: string, command: Command, timeoutMs = SHORT_MS): Promise<string> {
  try {
    const { stdout } = await runCommand(command, {
      signal: stanza.context.signal,
      timeoutMs,
      maxBytes: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    throw stanzaError(error, what);
  }
}

/**
 * Runs a command that may take hours: each line that it prints, and CPU that it uses, is progress. Gives the end of what it printed. Cancel
 * kills its whole process group.
 */
export async function work(stanza: Stanza, what: string, command: Command): Promise<string> {
  const { signal, progress } = stanza.context;
  let kept = '';
  try {
    const pipeline = await startPipeline([command], { signal });
    // Its rejection is seen below, after the output; until then it must not count as unhandled.
    pipeline.ended.catch(() => undefined);
    let cpu = 0;
    const timer = setInterval(() => {
      const now = pipeline.cpuSeconds();
      if (now > cpu + 0.01) progress(`${what}: works`);
      cpu = now;
    }, LIVE_TICK_MS);
    try {
      for await (const chunk of pipeline.output) {
        const text = String(chunk);
        kept = (kept + text).slice(-KEPT_CHARS);
        progress(`${what}: ${text.trim().split('\n').at(-1)?.slice(-120) ?? ''}`);
      }
    } finally {
      clearInterval(timer);
    }
    await pipeline.ended;
    return kept;
  } catch (error) {
    throw stanzaError(error, what);
  }
}

/** pgBackRest's version as [major, minor]. */
export async function versionOf(stanza: Stanza): Promise<readonly [number, number]> {
  const command: Command = { file: stanza.program, args: ['version'], ...stanza.owner, cwd: '/' };
  const found = /pgBackRest (\d+)\.(\d+)/.exec(await ask(stanza, 'ask pgBackRest for its version', command));
  if (!found) throw backupError('MissingProgram', `${stanza.program} is not pgBackRest.`);
  return [Number(found[1]), Number(found[2])];
}

/** What the repository says of the stanza. Throws `NotFound` when it does not know it, `Unreachable` when it cannot tell. */
export async function readInfo(stanza: Stanza): Promise<StanzaInfo> {
  const { source } = stanza;
  const text = await ask(
    stanza,
    `read the backups of stanza ${source.stanza}`,
    stanzaCommand(stanza, 'info', ['--output=json']),
  );
  const info = parseInfo(text, source.stanza, source.repo);
  // Codes of `info`: 0 ok, 1 missing stanza path, 2 no valid backups, 3 missing stanza data; others mean that it cannot tell.
  if (info === undefined || info.status.code === 1 || info.status.code === 3) {
    throw backupError(
      'NotFound',
      `Repository ${source.repo} does not know stanza ${source.stanza} (${info?.status.message ?? 'not listed'}); run \`pgbackrest --stanza=${source.stanza} stanza-create\`.`,
    );
  }
  if (info.status.code !== 0 && info.status.code !== 2) {
    throw backupError('Unreachable', `Repository ${source.repo} cannot be read: ${info.status.message}.`);
  }
  return info;
}
