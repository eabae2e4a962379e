import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubernetes, type StartedKubernetes } from '../../../sandbox/kubernetes/index.js';
import { stopPid } from '../../../sandbox/kit/process.js';
import { type Cluster, cluster, runner, SANDBOX_MS, sandbox, soon, until, updated } from './support.js';

let dir: string;
let started: StartedKubernetes;
let where: Cluster;
let api: { pid: number; file: string; args: string[] };

/** A cluster of its own: the shared one must not be stopped. */
beforeAll(async () => {
  await sandbox('kubernetes');
  dir = await mkdtemp(join(tmpdir(), 'belay-api-away-'));
  started = await startKubernetes({ dir, progress: () => undefined });
  where = await cluster(started.kubernetes.kubeconfig);
  const pid = started.pids['kube-apiserver'] ?? 0;
  const [file = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
  api = { pid, file, args };
}, SANDBOX_MS);

afterAll(async () => {
  const pids = [...Object.values(started.pids), api.pid];
  await Promise.allSettled(pids.map((pid) => stopPid(pid, 5_000)));
  await rm(dir, { recursive: true, force: true });
});

async function kill(): Promise<void> {
  process.kill(api.pid, 'SIGKILL');
  await until('the API server is dead', async () =>
    where.clients.call({ path: '/readyz' }).then(
      () => false,
      () => true,
    ),
  );
}

async function restart(): Promise<void> {
  const child = spawn(api.file, api.args, { stdio: 'ignore', detached: true });
  api.pid = child.pid ?? 0;
  child.unref();
  await until('the API server is back', async () => (await where.clients.text({ path: '/readyz' })) === 'ok');
}

describe('an API server that is killed in the middle of a watch', () => {
  test('does not end it: the verdict comes when it is back', async () => {
    const { ref, identity } = await updated(where, { name: 'survivor' }, '2.0-slow6');
    const mock = runner();
    const watching = mock.run(where.activities.watchRollout, { ref, identity, deadlineAt: soon(90) });
    await until('it is watched', async () => mock.beats.some((beat) => beat.text.includes('new pods ready')));
    await kill();
    await until('the heartbeat says so', async () =>
      mock.beats.some((beat) => beat.text.startsWith('waiting for the API server (')),
    );
    await restart();
    expect(await watching).toMatchObject({ outcome: 'complete', counts: { available: 2 } });
  });

  test('finds a failure that happened just after, and lets nothing stale count', async () => {
    const { ref, identity } = await updated(where, { name: 'late' }, '2.0-notready');
    const mock = runner();
    const watching = mock.run(where.activities.watchRollout, { ref, identity, deadlineAt: soon(6) });
    await until('it is watched', async () => mock.beats.some((beat) => beat.text.includes('new pods ready')));
    await kill();
    // Past the deadline: the last look has to wait for the server.
    await sleep(8_000);
    await restart();
    const verdict = await watching;
    expect(verdict.outcome).toBe('deadline');
    expect(verdict.summary).toContain('Readiness probe failed');
    expect(verdict.tookMs).toBeGreaterThan(8_000);
  });
});
