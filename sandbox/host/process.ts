import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeJson } from '../kit/json.js';
import { projectRoot } from '../kit/paths.js';
import { startDetached, waitReady, type StartedProcess } from '../kit/process.js';
import type { HostConfig, HostReady } from './types.js';

export interface HostProcess {
  process: StartedProcess;
  /** Waits until every part of the process listens, and returns where. */
  ready(timeoutMs: number): Promise<HostReady>;
}

/** Starts a detached host process; its configuration goes through a file that only the user can read. */
export async function startHostProcess(options: {
  /** Name of the process in logs and records. */
  name: string;
  dir: string;
  config: Omit<HostConfig, 'readyFile'>;
}): Promise<HostProcess> {
  const { name, dir } = options;
  const main = join(projectRoot(), 'dist', 'sandbox', 'host', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing; run npm run build first.`);
  const configFile = join(dir, 'host', `${name}.config.json`);
  const readyFile = join(dir, 'host', `${name}.ready.json`);
  await rm(readyFile, { force: true });
  await writeJson(configFile, { ...options.config, readyFile });
  const started = await startDetached({
    name,
    file: process.execPath,
    args: ['--enable-source-maps', main, configFile],
    dir,
    // Options of the starting process (Jest's loaders, inspectors) are not meant for this one.
    env: { NODE_OPTIONS: '' },
  });
  return {
    process: started,
    async ready(timeoutMs) {
      let ready: HostReady | undefined;
      const probe = async (): Promise<void> => {
        ready = (await readJson(readyFile)) as HostReady | undefined;
        if (!ready) throw new Error('it does not listen yet');
      };
      await waitReady(started, probe, timeoutMs);
      return ready ?? {};
    },
  };
}
