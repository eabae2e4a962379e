import { afterAll, beforeAll, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { failedCourse, recoveryCourse, shutdownCourse } from './emergency.js';
import { killTest } from './harness.js';
import { judge } from './judge.js';

// All boundaries of mutations and some other events; `npm run test:kill -- --all` does every event.
const EVERY = 60;
const BUDGET_MS = 45_000;
const AT_ONCE = 3;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 40 * 60_000;

let state: SandboxState;
let client: Client;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack');
  client = new Client({ connection: await Connection.connect({ address: state.temporal?.address ?? '' }) });
}, SANDBOX_MS);
afterAll(() => client?.connection.close());

test.each([
  ['shutdown', shutdownCourse, 'succeeded', 8],
  ['recovery', recoveryCourse, 'succeeded', 8],
  ['recovery that fails its smoke tests', failedCourse, 'RecoveryFailed', 6],
] as const)(
  'a worker killed anywhere in a %s changes neither its end nor what it left behind',
  async (_, course, outcome, least) => {
    const report = await killTest(course(state, client), {
      client,
      every: EVERY,
      budgetMs: BUDGET_MS,
      atOnce: AT_ONCE,
    });
    judge(report, outcome, least);
  },
  PATIENCE_MS,
);
