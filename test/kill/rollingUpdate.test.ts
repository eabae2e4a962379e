import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { killTest, type KillReport } from './harness.js';
import { goodCourse, rolledBackCourse } from './rollingUpdate.js';
import { table } from './table.js';

// All boundaries of mutations and some other events; `npm run test:kill -- --all` does every event.
const EVERY = 25;
const BUDGET_MS = 90_000;
const AT_ONCE = 6;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 20 * 60_000;

let state: SandboxState;
let client: Client;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack');
  client = new Client({ connection: await Connection.connect({ address: state.temporal?.address ?? '' }) });
}, SANDBOX_MS);
afterAll(() => client?.connection.close());

function judge(report: KillReport): void {
  process.stderr.write(`${table(report)}\n`);
  expect(report.runs.flatMap((run) => run.problems.map((problem) => `${run.point}: ${problem}`))).toEqual([]);
  const missed = report.runs.filter((run) => run.killedAt === 0).map((run) => run.point);
  // The number of events varies a little from run to run: only events at the very end may be missed.
  expect(missed.filter((point) => !point.startsWith('event '))).toEqual([]);
  expect(missed.length).toBeLessThan(3);
  expect(report.runs.length).toBeGreaterThan(20);
}

test(
  'a worker killed anywhere in a successful update changes neither its end nor the number of its effects',
  async () => {
    const report = await killTest(goodCourse(state), { client, every: EVERY, budgetMs: BUDGET_MS, atOnce: AT_ONCE });
    expect(report.outcome).toBe('succeeded');
    judge(report);
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
    expect(report.outcome).toBe('RolledBack');
    judge(report);
  },
  PATIENCE_MS,
);
