import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { EngineContext } from '../backup/engine.js';
import { codeOf } from '../host/files.js';
import { bounded } from '../secrets/redact.js';

const CONNECT_MS = 10_000;
const COMMAND_MS = 30_000;

/** What is asked of a server. Every command has an end: `COMMAND_MS` on the live server. */
export interface RedisSession {
  command(...args: string[]): Promise<unknown>;
  info(section: string): Promise<string>;
  /** Never throws. */
  close(): void;
}

/** Where to connect: a server on the network, or a socket file. */
export type Address =
  { host: string; port: number; tls: boolean; user?: string; password?: string } | { socket: string };

/** Opens a session that does not come back by itself when it is lost. */
export async function openSession(address: Address, commandMs = COMMAND_MS): Promise<RedisSession> {
  const common = { connectTimeout: CONNECT_MS, reconnectStrategy: false } as const;
  const client = createClient({
    disableOfflineQueue: true,
    ...('socket' in address
      ? { socket: { ...common, path: address.socket, tls: false } }
      : {
          socket: { ...common, host: address.host, port: address.port, ...(address.tls ? { tls: true as const } : {}) },
          ...(address.user === undefined ? {} : { username: address.user }),
          ...(address.password === undefined ? {} : { password: address.password }),
        }),
  });
  // Told by the command that fails.
  client.on('error', () => undefined);
  const close = (): void => {
    if (client.isOpen) client.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    close();
    throw error;
  }
  const command = async (...args: string[]): Promise<unknown> => {
    const late = new AbortController();
    const tooLate = sleep(commandMs, undefined, { signal: late.signal, ref: false }).then(() => {
      close();
      throw new Error(`no answer to ${args[0]} within ${commandMs / 1_000} s`);
    });
    try {
      return await Promise.race([client.sendCommand(args), tooLate]);
    } finally {
      late.abort();
      tooLate.catch(() => undefined);
    }
  };
  return { command, info: async (section) => textOf(await command('INFO', section)), close };
}

function textOf(answer: unknown): string {
  return typeof answer === 'string' ? answer : '';
}

/** The source's password; resolved anew each time. */
export async function passwordOf(source: SourceOf<'redis'>, context: EngineContext): Promise<string | undefined> {
  return source.password === undefined ? undefined : context.secrets.resolve(source.password);
}

/** Opens a session with the source's server. Throws `Unreachable`, `WrongPassword`, `Forbidden`. */
export async function connect(source: SourceOf<'redis'>, context: EngineContext): Promise<RedisSession> {
  const { host, port, tls, user } = source;
  const password = await passwordOf(source, context);
  try {
    const session = await openSession({
      ...{ host, port, tls },
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    });
    return {
      ...session,
      command: (...args) =>
        session.command(...args).catch((error: unknown) => Promise.reject(redisFailure(error, source))),
      info: (section) => session.info(section).catch((error: unknown) => Promise.reject(redisFailure(error, source))),
    };
  } catch (error) {
    throw redisFailure(error, source);
  }
}

/** The typed error for what a server or `redis-cli` said. */
export function redisFailure(error: unknown, source: { host: string; port: number; user?: string | undefined }): Error {
  const message = error instanceof Error ? error.message : String(error);
  const at = `Redis at ${source.host}:${source.port}`;
  const said = bounded(`${codeOf(error) ?? ''} ${message}`.trim());
  if (/WRONGPASS|NOAUTH|invalid password|AUTH failed/i.test(message)) {
    return backupError(
      'WrongPassword',
      `${at} does not take the password${source.user ? ` of ${source.user}` : ''}: ${said}. Correct the secret that the source refers to.`,
    );
  }
  if (/NOPERM|unknown command/i.test(message)) {
    return backupError(
      'Forbidden',
      `${at} refuses a command: ${said}. The user needs +info +sync +psync +replconf +ping; a managed service that has no SYNC is backed up by its own snapshots.`,
    );
  }
  if (/^(LOADING|MASTERDOWN|BUSY)/.test(message)) {
    return backupError('Unreachable', `${at} is not ready: ${said}. It is tried again.`);
  }
  return backupError('Unreachable', `${at} does not answer: ${said}. Is it up, and may this worker reach it?`);
}
