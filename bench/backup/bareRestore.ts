import type { EngineContext } from '../../activities/backup/engine.js';
import { runCommand } from '../../activities/pipeline/index.js';
import { startInstance } from '../../activities/postgres/instance.js';
import { libpqEnvironment } from '../../activities/postgres/login.js';

const SHORT_MS = 60_000;
const DATABASE = 'bare';

/** Restores a dump as a person would, into an instance with the settings of the throwaway ones, and removes that. */
export async function bareRestore(dump: string, context: EngineContext): Promise<{ tookMs: number }> {
  const { signal, scratch } = context;
  const instance = await startInstance(context);
  try {
    const env = await libpqEnvironment(instance.login, scratch, { database: 'postgres', application: 'bench' });
    await runCommand({ file: 'createdb', args: [DATABASE], env }, { signal, timeoutMs: SHORT_MS });
    const from = performance.now();
    const args = ['--exit-on-error', '--jobs=2', '--no-owner', '--no-acl', `--dbname=${DATABASE}`, dump];
    await runCommand({ file: 'pg_restore', args, env }, { signal });
    return { tookMs: performance.now() - from };
  } finally {
    await instance.close();
  }
}
