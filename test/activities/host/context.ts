import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineContext, Files } from '../../../activities/backup/engine.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';

/** What an engine is given by a run of its own. `env` holds the values of its secret references. */
export async function engineContext(
  env: Record<string, string> = {},
  workflowId = 'backup/test',
): Promise<EngineContext & { seen: string[]; remove(): Promise<void> }> {
  const scratch = await mkdtemp(join(tmpdir(), 'belay-scratch-'));
  const seen: string[] = [];
  const readFile = () => Promise.reject(new Error('no files'));
  return {
    secrets: createSecretResolver({ env, readFile }),
    signal: new AbortController().signal,
    scratch,
    progress: (what) => seen.push(what),
    run: { workflowId, runId: 'run-1', runbook: 'backup', requestedBy: 'alice', reason: 'test' },
    system: 'shop',
    seen,
    remove: () => rm(scratch, { recursive: true, force: true }),
  };
}

/** A backup's files that lie in one folder. */
export function filesIn(dir: string, ...names: string[]): Files {
  return { dir, paths: Object.fromEntries(names.map((name) => [name, join(dir, name)])) };
}
