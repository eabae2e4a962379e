import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { belay, type Ran } from '../client/cli.js';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { folderWith } from '../systems/describeFile.js';
import { connect, newName } from './support.js';

const name = newName();
const id = `belay/${name}/nightly`;
const dir = folderWith({});
let client: Client;
let env: Record<string, string>;

const description = (schedules: string) => `name: ${name}
title: Shop
kubernetes: { namespace: shop }
tiers: [edge]
workloads: [{ name: web, tier: edge }]
schedules:${schedules}
`;

const nightly = (cron: string) => `
  - id: nightly
    runbook: rollingUpdate
    input: { changes: [{ workload: web, image: 'ghcr.io/acme/web:1' }], dryRun: true }
    reason: Nightly plan
    cron: '${cron}'
    timeZone: Europe/Berlin
    catchupWindowSeconds: 3600`;

const describeAs = (schedules: string) => writeFileSync(join(dir, `${name}.yaml`), description(schedules));
const schedules = (...args: string[]): Promise<Ran> => belay(['schedules', ...args], env);

beforeAll(async () => {
  const temporal = await connect();
  client = temporal.client;
  env = { BELAY_SYSTEMS: dir, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
}, SANDBOX_MS);

afterAll(async () => {
  await client.schedule
    .getHandle(id)
    .delete()
    .catch(() => undefined);
  await client.connection.close();
});

describe('belay schedules', () => {
  test('a description with a problem changes nothing and says where', async () => {
    describeAs(nightly('30 2 * * *'));
    for (const command of ['diff', 'apply', 'list']) {
      const { code, stdout, stderr } = await schedules(command);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`${name}\\.yaml:11:5 schedules\\[0\\]\\.cron: is not safe in Europe/Berlin`));
    }
    const { code, stdout } = await belay(['systems', 'check'], env);
    expect(code).toBe(2);
    expect(stdout).toContain('schedules[0].cron: is not safe');
  });

  test('diff, apply, diff: 10, 0, 0', async () => {
    describeAs(nightly('30 4 * * *'));
    const before = await schedules('diff');
    expect(before).toMatchObject({ code: 10, stderr: '' });
    expect(before.stdout).toContain(`+ ${id}  create`);
    expect(before.stdout).toMatch(/times: 30 4 \* \* \*\n/);
    expect(before.stdout).toMatch(
      /next \w{3} \d{4}-\d\d-\d\d 04:30 Europe\/Berlin = \d{4}-\d\d-\d\d 0[23]:30 UTC\n(.*\n){2}/,
    );
    expect((await schedules('apply', '--dry-run')).code).toBe(10);
    expect(await schedules('apply')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 create') });
    expect(await schedules('diff')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 unchanged') });
    expect(await schedules('apply')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 unchanged') });
  });

  test('a change is shown from old to new, as text and as JSON', async () => {
    describeAs(nightly('15 5 * * *'));
    const { stdout, code } = await schedules('diff', '--system', name);
    expect(code).toBe(10);
    expect(stdout).toContain(`~ ${id}  update\n    times: 30 4 * * * → 15 5 * * *\n    next `);
    const json = JSON.parse((await schedules('diff', '--json')).stdout) as { changes: unknown[] };
    expect(json).toMatchObject({
      dryRun: true,
      changes: [
        {
          ...{ kind: 'update', scheduleId: id, system: name, runbook: 'rollingUpdate', byHand: false },
          fields: [{ field: 'times', from: '30 4 * * *', to: '15 5 * * *' }],
          next: [{ timeZone: 'Europe/Berlin', utc: expect.stringMatching(/Z$/) }, {}, {}],
        },
      ],
    });
    expect((await schedules('apply')).code).toBe(0);
  });

  test('list tells times, state and what needs a look', async () => {
    const active = await schedules('list');
    expect(active.code).toBe(0);
    expect(active.stdout).toMatch(
      new RegExp(
        `^${id}  rollingUpdate  15 5 \\* \\* \\* Europe/Berlin  active; 0 started, 0 missed, 0 skipped\\n  next`,
      ),
    );
    await client.schedule.getHandle(id).pause('Migration, Bob');
    const paused = await schedules('list');
    expect(paused.code).toBe(0);
    expect(paused.stdout).toMatch(/! is paused \(Migration, Bob\): temporal schedule toggle --unpause/);
    const [row] = JSON.parse((await schedules('list', '--json')).stdout) as Record<string, unknown>[];
    expect(row).toMatchObject({ scheduleId: id, state: 'paused', pending: 'unchanged', missed: 0, next: [] });
    expect((await schedules('apply')).code).toBe(0);
    expect((await client.schedule.getHandle(id).describe()).state.paused).toBe(true);
  });

  test('prune asks for --yes, apply never deletes', async () => {
    describeAs(' []');
    expect(await schedules('diff')).toMatchObject({ code: 10, stdout: expect.stringContaining('no longer described') });
    expect((await schedules('apply')).code).toBe(0);
    const refused = await schedules('prune');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/give --yes/);
    expect((await schedules('prune', '--dry-run')).stdout).toContain(id);
    expect(await schedules('diff')).toMatchObject({ code: 10 });
    expect(await schedules('prune', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    await expect(client.schedule.getHandle(id).describe()).rejects.toThrow(/not found|no rows|completed/i);
  });

  test('an unknown system is a usage error that names the known ones; prune takes it, for it may be gone', async () => {
    const { code, stderr } = await schedules('apply', '--system', 'nowhere');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no system "nowhere"/);
    const gone = await schedules('prune', '--system', 'nowhere', '--yes');
    expect(gone).toMatchObject({ code: 0, stderr: expect.stringContaining('no description of "nowhere"') });
  });
});

test('somebody else holds the id: refused, and what to do', async () => {
  describeAs(nightly('30 4 * * *'));
  const action = { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs' };
  await client.schedule.create({ scheduleId: id, spec: { intervals: [{ every: '30d' }] }, action });
  const { code, stdout, stderr } = await schedules('apply');
  expect(code).toBe(3);
  expect(stdout).toContain("is somebody else's schedule; left alone");
  expect(stderr).toMatch(/temporal schedule delete --schedule-id/);
  expect(await schedules('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('not applied') });
});
