import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, readState, sandboxDir, status, up } from '../../sandbox/index.js';
import { processIdentity } from '../../sandbox/kit/identity.js';
import { stopPid } from '../../sandbox/kit/process.js';
import type { ComponentName, SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS } from '../setup/sandbox.js';

const NAME = 'own';
let before: string | undefined;
let folder: string;
const lines: string[] = [];

function start(persistent = false, components: ComponentName[] = ['temporal']): Promise<SandboxState> {
  return up({ name: NAME, components, persistent, progress: (line) => lines.push(line) });
}

beforeAll(async () => {
  before = process.env['BELAY_STATE'];
  folder = await mkdtemp(join(tmpdir(), 'belay-sandbox-'));
  process.env['BELAY_STATE'] = folder;
});
afterAll(async () => {
  await down(NAME, { purge: true });
  process.env['BELAY_STATE'] = before;
  await rm(folder, { recursive: true, force: true });
});

async function startWorkflow(state: SandboxState, workflowId: string): Promise<void> {
  const connection = await Connection.connect({ address: state.temporal?.address ?? '' });
  try {
    await connection.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      requestId: workflowId,
      workflowType: { name: 'test' },
      taskQueue: { name: 'nobody' },
      searchAttributes: {
        indexedFields: {
          BelayTarget: {
            metadata: { encoding: Buffer.from('json/plain'), type: Buffer.from('KeywordList') },
            data: Buffer.from('["a","b"]'),
          },
        },
      },
    });
  } finally {
    await connection.close();
  }
}

async function workflowType(state: SandboxState, workflowId: string): Promise<string | null | undefined> {
  const connection = await Connection.connect({ address: state.temporal?.address ?? '' });
  try {
    const execution = { workflowId };
    const answer = await connection.workflowService.describeWorkflowExecution({ namespace: 'default', execution });
    return answer.workflowExecutionInfo?.type?.name;
  } finally {
    await connection.close();
  }
}

test(
  'starts once, reports, and stops without a rest',
  async () => {
    const state = await start();
    expect(await start()).toEqual(state);
    await startWorkflow(state, 'accepts-belay-search-attributes');

    const { components } = await status(NAME);
    expect(components).toEqual([
      expect.objectContaining({ name: 'temporal', running: true, pids: [state.pids['temporal']] }),
    ]);
    const page = await fetch(state.temporal?.ui ?? '');
    expect(await page.text()).toContain('<html');

    expect(await down(NAME)).toEqual(['temporal']);
    expect(await processIdentity(state.pids['temporal'] ?? 0)).toBeUndefined();
    expect(existsSync(sandboxDir(NAME))).toBe(false);
    expect(await status(NAME)).toEqual({ components: [] });
    expect(await down(NAME)).toEqual([]);
  },
  SANDBOX_MS,
);

test('starts a dead part anew, and says so', async () => {
  const first = await start();
  await stopPid(first.pids['temporal'] ?? 0, 0);
  expect((await status(NAME)).components[0]).toMatchObject({
    running: false,
    problem: expect.stringContaining('its process temporal has ended'),
  });
  lines.length = 0;
  const second = await start();
  expect(second.pids['temporal']).not.toBe(first.pids['temporal']);
  expect(lines[0]).toContain('its process temporal has ended');
  await down(NAME);
});

test('keeps the workflows of a persistent sandbox across down and up', async () => {
  const first = await start(true);
  await startWorkflow(first, 'survivor');
  await down(NAME);
  const second = await start(true);
  expect(await workflowType(second, 'survivor')).toBe('test');
  await down(NAME, { purge: true });
  expect(existsSync(sandboxDir(NAME))).toBe(false);
});

test('stops everything again when a part cannot be started', async () => {
  process.env['BELAY_PROMETHEUS_BIN'] = '/no/such/prometheus';
  process.env['BELAY_KUBE_BIN'] = '/no/such/kube';
  try {
    await expect(start(false, ['temporal', 'kubernetes'])).rejects.toThrow(
      'BELAY_KUBE_BIN=/no/such/kube cannot be used',
    );
    expect(await readState(NAME)).toBeUndefined();
    expect(await down(NAME)).toEqual([]);
  } finally {
    delete process.env['BELAY_PROMETHEUS_BIN'];
    delete process.env['BELAY_KUBE_BIN'];
  }
});

test('clears away what a killed start has left', async () => {
  const state = await start();
  await rm(join(sandboxDir(NAME), 'state.json'));
  const again = await start();
  expect(await processIdentity(state.pids['temporal'] ?? 0)).toBeUndefined();
  expect(again.pids['temporal']).not.toBe(state.pids['temporal']);
  await down(NAME);
});
