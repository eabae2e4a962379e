import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { applySchedule, desired, type DesiredSchedule, diff, readSchedules } from '../../schedules/index.js';
import { type System, systemSchema } from '../../systems/schema.js';
import { catalogue } from '../../workflows/catalogue.js';
import { sandbox } from '../setup/sandbox.js';

/** A client of the shared sandbox's Temporal. */
export async function connect(): Promise<{ client: Client; address: string; namespace: string }> {
  const { temporal } = await sandbox('temporal');
  if (temporal === undefined) throw new Error('The sandbox has no Temporal');
  const connection = await Connection.connect({ address: temporal.address });
  return { client: new Client({ connection, namespace: temporal.namespace }), ...temporal };
}

/** A system's name that no other test uses. */
export const newName = (): string => `s-${randomBytes(4).toString('hex')}`;

export const NIGHTLY = {
  id: 'nightly',
  runbook: 'rollingUpdate',
  input: { changes: [{ workload: 'web', image: 'ghcr.io/acme/web:stable' }], dryRun: true },
  reason: 'Nightly plan',
  cron: '30 4 * * 1-5',
  timeZone: 'Europe/Berlin',
  catchupWindowSeconds: 3_600,
};

/** A system with one workload and these schedules. */
export function describedSystem(name: string, schedules: unknown[]): System {
  return systemSchema.parse({
    name,
    title: 'Shop',
    kubernetes: { namespace: 'shop' },
    tiers: ['edge'],
    workloads: [{ name: 'web', tier: 'edge' }],
    schedules,
  });
}

export function wanted(name: string, schedules: unknown[], taskQueue = 'belay-nobody'): DesiredSchedule[] {
  return desired(describedSystem(name, schedules), { runbooks: catalogue, taskQueue });
}

/** Applies all, and tells what was done to each. */
export async function apply(client: Client, all: DesiredSchedule[]) {
  const done = [];
  for (const want of all) done.push(await applySchedule(client, want));
  return done;
}

/** What is there to do now. */
export async function pending(client: Client, name: string, all: DesiredSchedule[]) {
  const ids = all.map(({ scheduleId }) => scheduleId);
  return diff(all, await readSchedules(client, [name], ids), [name]);
}
