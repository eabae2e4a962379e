import { afterAll, beforeAll, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { backupCourse, drillCourse, retentionCourse, swapCourse } from './backups.js';
import { killTest } from './harness.js';
import { judge } from './judge.js';

// All boundaries of mutations and some other events; `npm run test:kill -- --all` does every event.
const EVERY = 40;
const BUDGET_MS = 45_000;
const AT_ONCE = 4;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 40 * 60_000;

let state: SandboxState;
let client: Client;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'objectstore', 'postgres');
  client = new Client({ connection: await Connection.connect({ address: state.temporal?.address ?? '' }) });
}, SANDBOX_MS);
afterAll(() => client?.connection.close());

test.each([
  ['backup', backupCourse, 7],
  ['restore with a swap', swapCourse, 7],
  ['drill', drillCourse, 5],
  ['retention', retentionCourse, 3],
] as const)(
  'a worker killed anywhere in a %s changes neither its end nor what it left behind',
  async (_, course, least) => {
    const report = await killTest(course(state), { client, every: EVERY, budgetMs: BUDGET_MS, atOnce: AT_ONCE });
    judge(report, 'succeeded', least);
  },
  PATIENCE_MS,
);
