import { afterAll, beforeAll, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { killTest } from './harness.js';
import { judge } from './judge.js';
import { goodCourse, rolledBackCourse } from './rollingUpdate.js';

// All boundaries of mutations and some other events; `npm run test:kill -- --all` does every event.
const EVERY = 25;
const BUDGET_MS = 90_000;
const AT_ONCE = 6;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 40 * 60_000;

let state: SandboxState;
let client: Client;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack');
  client = new Client({ connection: await Connection.connect({ address: state.temporal?.address ?? '' }) });
}, SANDBOX_MS);
afterAll(() => client?.connection.close());

test(
  'a worker killed anywhere in a successful update changes neither its end nor the number of its effects',
  async () => {
    const report = await killTest(goodCourse(state), { client, every: EVERY, budgetMs: BUDGET_MS, atOnce: AT_ONCE });
    judge(report, 'succeeded', 20);
  },
  PATIENCE_MS,
);

test(
  'a worker killed anywhere in an update that is rolled back changes neither its end nor the number of its effects',
  async () => {
    const report = await killTest(rolledBackCourse(state), {
      client,
      every: EVERY,
      budgetMs: BUDGET_MS,
      atOnce: AT_ONCE,
    });
    judge(report, 'RolledBack', 20);
  },
  PATIENCE_MS,
);
