import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EngineContext } from '../../../activities/backup/engine.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { startStanza, type SandboxStanza } from '../../../sandbox/pgbackrest.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import type { SourceOf } from '../../../systems/backupSchema.js';

const secrets = createSecretResolver({ env: {}, readFile: () => Promise.reject(new Error('no files here')) });

export interface Place extends SandboxStanza {
  source: SourceOf<'pgbackrest'>;
  context(more?: { signal?: AbortSignal; workflowId?: string }): EngineContext & { said: string[] };
  /** Stops what runs, removes the folder and puts the environment back. */
  end(): Promise<void>;
}

/** A cluster of its own with pgBackRest, and its programs in `BELAY_PROGRAMS`. Throws, with what to install, when they cannot be had. */
export async function startPlace(): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'belay-stanza-'));
  const before = { programs: process.env['BELAY_PROGRAMS'], scratch: process.env['BELAY_SCRATCH'] };
  const restore = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  const remove = async (): Promise<void> => {
    await stopProcesses(dir);
    await rm(dir, { recursive: true, force: true });
  };
  const stanza = await startStanza({ dir, progress: (line) => process.stderr.write(`${line}\n`) }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  process.env['BELAY_PROGRAMS'] = stanza.programs.join(delimiter);
  process.env['BELAY_SCRATCH'] = join(dir, 'scratch');
  return {
    ...stanza,
    source: {
      name: 'cluster',
      type: 'pgbackrest',
      host: 'db1',
      stanza: stanza.stanza,
      config: stanza.config,
      kind: 'incr',
      repo: 1,
      consumers: [],
      smoke: [],
    },
    context(more = {}) {
      const said: string[] = [];
      const runId = randomBytes(6).toString('hex');
      const { signal = new AbortController().signal, workflowId = `backup/${runId}` } = more;
      const run = { workflowId, runId, runbook: 'backup', requestedBy: 'ana', reason: 'test' };
      return { secrets, signal, scratch: dir, progress: (what) => void said.push(what), run, system: 'shop', said };
    },
    async end() {
      restore('BELAY_PROGRAMS', before.programs);
      restore('BELAY_SCRATCH', before.scratch);
      await stanza.stop();
      await remove();
    },
  };
}

export const newBackupId = (): string =>
  `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
