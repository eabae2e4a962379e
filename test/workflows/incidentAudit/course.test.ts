import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { eventually, Harness, type Queue } from '../harness.js';
import { Watch } from './watch.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const watch = (name: string, heartbeat = true) => new Watch(`watch-${process.pid}-${name}`, heartbeat);
const audit = (queue: Queue, more: object = {}) => queue.start('incidentAudit', more);

/** Whether the workflow is open, and what it ended with. */
async function stateOf(queue: Queue, id: string): Promise<string> {
  return (await queue.client.workflow.getHandle(id).describe()).status.name;
}

describe('the audit', () => {
  test('all is well: a heartbeat, and nothing kept for years', async () => {
    const world = watch('well');
    await harness.with(world, async (queue) => {
      const report = await (await audit(queue)).report();
      expect(report).toMatchObject({ outcome: 'succeeded', summary: 'no incident is overdue' });
      expect(world.beats).toBe(1);
      expect(world.reports).toEqual([]);
      expect(world.asked[0]?.system).toBe(world.system.name);
    });
  });

  test('one that is overdue opens an alarm, once, pages, and the alarm ends when it acts again', async () => {
    const world = watch('late');
    const { workflowId } = world.late(`incident/${world.system.name}/x`);
    const alarm = world.alarmOf(workflowId);
    await harness.with(world, async (queue) => {
      const failure = await (await audit(queue)).failure();
      expect(failure).toMatchObject({
        type: 'IncidentOverdue',
        message: expect.stringContaining(`1 overdue: ${workflowId}`),
      });
      // The audit itself has succeeded.
      expect(world.beats).toBe(1);
      world.alarms = [alarm];
      await (await audit(queue)).failure();
      expect(await stateOf(queue, alarm)).toBe('RUNNING');
      const pages = () => world.notifications.filter(({ kind }) => kind === 'page');
      await eventually('a page', () => pages().length > 0);
      expect(pages().map(({ title }) => title)).toEqual([`Overdue: P1 incident (triggered) ${workflowId}`]);
      world.overdue = [];
      const report = await (await audit(queue)).report();
      expect(report.summary).toBe(`no incident is overdue; well again: ${workflowId}`);
      expect(await queue.client.workflow.getHandle(alarm).result()).toMatchObject({ cleared: expect.anything() });
    });
  });

  test('a dry run looks, and opens and tells nothing', async () => {
    const world = watch('dry');
    const { workflowId } = world.late(`incident/${world.system.name}/x`);
    await harness.with(world, async (queue) => {
      const run = await audit(queue, { dryRun: true, scope: 'all' });
      expect(await run.report()).toMatchObject({ outcome: 'planned', summary: expect.stringContaining(workflowId) });
      expect(world.beats).toBe(0);
      expect(world.asked[0]).not.toHaveProperty('system');
      await expect(stateOf(queue, world.alarmOf(workflowId))).rejects.toThrow(/not found/i);
    });
  });

  test('without an answer of Temporal there is no heartbeat', async () => {
    const world = watch('away');
    world.temporalDown = true;
    await harness.with(world, async (queue) => {
      expect((await (await audit(queue)).failure()).type).toBe('StepFailed');
      expect(world.beats).toBe(0);
    });
  });

  test('a monitor that is away does not fail the audit, and stands in its report', async () => {
    const world = watch('monitor');
    world.monitorDown = true;
    await harness.with(world, async (queue) => {
      const report = await (await audit(queue)).report();
      expect(report.steps.find(({ name }) => name === 'Heartbeat')).toMatchObject({ outcome: 'failed' });
      expect(world.reports).toHaveLength(1);
    });
  });

  test('without a monitor the step is left out', async () => {
    const world = watch('none', false);
    await harness.with(world, async (queue) => {
      const report = await (await audit(queue)).report();
      expect(report.steps.find(({ name }) => name === 'Heartbeat')).toMatchObject({ outcome: 'skipped' });
    });
  });
});
