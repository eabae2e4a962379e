import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { killTest } from './harness.js';
import { incidentCourse } from './incident.js';
import { judge } from './judge.js';

// All boundaries of pages, recalls and the report, in the incident and in the pagers; `npm run test:kill -- --all` does every event.
const EVERY = 30;
const BUDGET_MS = 120_000;
/** A run waits for most of its time. */
const AT_ONCE = 6;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 40 * 60_000;

let state: SandboxState;
let client: Client;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'slack');
  client = new Client({ connection: await Connection.connect({ address: state.temporal?.address ?? '' }) });
}, SANDBOX_MS);
afterAll(() => client?.connection.close());

test(
  'a worker killed anywhere in the life of an incident changes neither its account nor who was paged, once each',
  async () => {
    const report = await killTest(incidentCourse(state, client), {
      client,
      every: EVERY,
      budgetMs: BUDGET_MS,
      atOnce: AT_ONCE,
    });
    judge(report, 'succeeded', 20);
    expect(report.runs.filter(({ point }) => point.includes('pager of')).length).toBeGreaterThan(5);
  },
  PATIENCE_MS,
);
