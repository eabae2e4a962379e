import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { IncidentEvent } from '../../../workflows/incident/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness, type Running } from '../harness.js';
import { describeSystem, World } from '../world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const world = (name: string) => new World(describeSystem(`link-${process.pid}-${name}`, ['a']));
const changes = (image: string) => ({ changes: [{ workload: 'a', image }] });

/** What the run has told, and whom. */
async function told({ handle }: Running): Promise<{ to: string; event: IncidentEvent }[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ signalExternalWorkflowExecutionInitiatedEventAttributes: signal }) => {
    const [payload] = signal?.input?.payloads ?? [];
    if (signal?.signalName !== 'event' || !payload) return [];
    const event = defaultPayloadConverter.fromPayload<IncidentEvent>(payload);
    return [{ to: signal.workflowExecution?.workflowId ?? '', event }];
  });
}

describe('a run that belongs to an incident', () => {
  const incident = 'incident/nobody/is-there';

  test('tells it of start and end; an incident that is gone is no error', async () => {
    await harness.with(world('succeeded'), async (queue) => {
      const run = await queue.start('rollingUpdate', { ...changes('app:2'), incident });
      expect(await run.report()).toMatchObject({ outcome: 'succeeded' });
      const [start, end, ...more] = await told(run);
      expect(more).toEqual([]);
      expect(start).toMatchObject({ to: incident, event: { type: 'linkRun', runbook: 'rollingUpdate' } });
      expect(start?.event).toMatchObject({ actor: { id: 'alice', via: 'runbook' }, workflowId: run.handle.workflowId });
      expect(start?.event).not.toHaveProperty('outcome');
      expect(end?.event).toMatchObject({ outcome: 'succeeded', summary: expect.any(String) });
    });
  });

  test('tells of a bad end too', async () => {
    await harness.with(world('failed'), async (queue) => {
      const run = await queue.start('rollingUpdate', { ...changes('app:2-bad'), incident });
      await run.failure();
      expect((await told(run)).at(-1)?.event).toMatchObject({ outcome: 'RolledBack' });
    });
  });

  test.each([
    ['a dry run', { incident, dryRun: true }],
    ['a ticket number', { incident: 'INC-311' }],
    ['no incident', {}],
  ])('%s tells nobody', async (name, more) => {
    await harness.with(world(name.replaceAll(' ', '-')), async (queue) => {
      const run = await queue.start('rollingUpdate', { ...changes('app:2'), ...more });
      await run.report();
      expect(await told(run)).toEqual([]);
    });
  });
});
