import { beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { applySystem } from '../../sandbox/kubernetes/seed.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { belay, built } from './cli.js';

let state: SandboxState;
beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes');
  await built();
}, SANDBOX_MS);

const token = 'xoxb-a-token-that-nobody-may-see';

/** A system with one workload in the real cluster, last written by the run `mark`. */
async function system(mark: string): Promise<{ name: string; dir: string }> {
  const name = `doc-${randomUUID().slice(0, 8)}`;
  const kubeconfig = state.kubernetes?.kubeconfig ?? '';
  const annotations = { 'belay.dev/run': mark };
  const workload = { kind: 'Deployment' as const, name: 'web', image: 'ghcr.io/acme/web:1', annotations };
  await applySystem(kubeconfig, { namespace: name, workloads: [workload] });
  const dir = mkdtempSync(join(tmpdir(), 'belay-systems-'));
  const description = {
    ...{ name, title: 'Doctor', kubernetes: { namespace: name }, tiers: ['web'] },
    workloads: [
      { name: 'web', tier: 'web' },
      { name: 'missing', tier: 'web' },
    ],
    prometheus: { url: state.prometheus?.url ?? 'http://127.0.0.1:9' },
    channels: {
      ops: { type: 'slack', channel: '#ops', token: 'env:DOCTOR_TOKEN' },
      other: { type: 'slack', channel: '#ops', token: 'env:DOCTOR_NOT_SET' },
    },
  };
  writeFileSync(join(dir, `${name}.yaml`), stringify(description));
  return { name, dir };
}

/** A run that was terminated: it had no chance to tidy up. */
async function terminated(): Promise<string> {
  const connection = await Connection.connect({ address: state.temporal?.address ?? '' });
  const workflowId = `doctor/${randomUUID()}`;
  const client = new Client({ connection });
  const run = await client.workflow.start('rollingUpdate', {
    workflowId,
    taskQueue: `nobody-${workflowId}`,
    args: [{}],
  });
  await run.terminate('end of the test');
  await connection.close();
  return `${workflowId}/${run.firstExecutionRunId}`;
}

interface Finding {
  name: string;
  level: string;
  detail: string;
}

async function doctor(mark: string): Promise<{ code: number; findings: Finding[]; text: string }> {
  const { name, dir } = await system(mark);
  const env = {
    ...{ TEMPORAL_ADDRESS: state.temporal?.address ?? '', KUBECONFIG: state.kubernetes?.kubeconfig ?? '' },
    ...{ BELAY_SYSTEMS: dir, DOCTOR_TOKEN: token },
  };
  const { code, stdout, stderr } = await belay(['doctor', '--system', name, '--json'], env);
  return { code, findings: JSON.parse(stdout) as Finding[], text: stdout + stderr };
}

test('a workload last written by a terminated run is left half-way, and red', async () => {
  const mark = await terminated();
  const { code, findings } = await doctor(mark);
  expect(code).toBe(1);
  expect(findings).toContainEqual(
    expect.objectContaining({
      name: 'web',
      level: 'bad',
      detail: expect.stringMatching(/last written by doctor\/.*Terminated/),
    }),
  );
});

test('a missing workload and a missing token are red; a token that is there is never shown', async () => {
  const { findings, text } = await doctor(`forgotten/${randomUUID()}`);
  const of = (name: string) => findings.filter((finding) => finding.name === name);
  expect(of('web').filter(({ level }) => level === 'bad')).toEqual([]);
  expect(of('missing')).toMatchObject([{ level: 'bad' }]);
  expect(of('channel ops')).toMatchObject([{ level: 'ok' }]);
  expect(of('channel other')).toMatchObject([{ level: 'bad', detail: expect.stringContaining('DOCTOR_NOT_SET') }]);
  expect(text).not.toContain(token);
});
