import { beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPONENTS, status } from '../../sandbox/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';

let state: SandboxState;

beforeAll(async () => {
  state = await sandbox(...COMPONENTS);
}, SANDBOX_MS);

test('every component runs and answers', async () => {
  const { components } = await status(state.name);
  expect(components.map(({ name, running, problem }) => ({ name, running, problem }))).toEqual(
    COMPONENTS.map((name) => ({ name, running: true, problem: undefined })),
  );
});

test('callers share one sandbox', async () => {
  const [first, second] = await Promise.all([sandbox('temporal'), sandbox('prometheus', 'slack')]);
  expect(first).toEqual(second);
  expect(first.pids).toEqual(state.pids);
});

test('Prometheus scrapes the services of the cluster', async () => {
  const up = async (): Promise<string | undefined> => {
    const response = await fetch(`${state.prometheus?.url}/api/v1/query?query=up`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  };
  let value: string | undefined;
  for (let attempt = 0; attempt < 60 && value !== '1'; attempt++) {
    value = await up();
    if (value !== '1') await sleep(500);
  }
  expect(value).toBe('1');
});
