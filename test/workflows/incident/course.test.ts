import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import type { IncidentReport } from '../../../workflows/incident/report.js';
import { eventually, Harness, type Queue, Running } from '../harness.js';
import { act, alerts, deliver, input, refusal, report, START, timeline, tower } from './steer.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

describe('an incident', () => {
  test('silence climbs the ladder, an answer stops it, the end is told and reported', async () => {
    const world = tower('course', { levels: [0, 1, 600] });
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', input);
      await eventually('the second level is paged', () => world.pages.length === 2);
      const [first, second] = world.pages;
      expect([first?.people, second?.people]).toEqual([['ada'], ['bob']]);
      expect(first?.key).not.toBe(second?.key);
      expect(await act(run, 'acknowledge')).toMatchObject({ accepted: true });
      await eventually('pages are recalled', () => world.recalls.length === 1);
      expect(world.recalls).toEqual(['ada bob: ada has acknowledged']);
      await act(run, 'note', { text: 'The database was restarted' });
      await act(run, 'resolve', { reason: 'disk full' });
      const end = await report(run);
      expect(end).toMatchObject({
        outcome: 'succeeded',
        figures: { pages: 2, highestLevel: 1, reopened: 0 },
        incident: { phase: 'resolved', owner: 'ada' },
      });
      expect(end.timeline.map(({ text }) => text).join('\n')).toContain('The database was restarted');
      expect(world.settled).toEqual(['acknowledge', 'resolve']);
      expect(world.views.at(-1)?.phase).toBe('resolved');
      expect(world.thread).toEqual(end.timeline.map(({ text }) => text));
      expect(world.notifications.map(({ kind, title }) => `${kind} ${title}`)).toContain(
        'end Resolved: Checkout fails',
      );
    });
  });

  test('many firings of a group are one incident; the end by the source closes it', async () => {
    const world = tower('group');
    await harness.with(world, async (queue) => {
      const workflowId = `incident/${world.system.name}/rule/${randomUUID()}`;
      const ids = [...Array(20).keys()].map((n) => `fp-${n}`);
      const handles = await Promise.all(ids.map((fingerprint) => deliver(queue, workflowId, alerts({ fingerprint }))));
      const run = new Running(queue.client.workflow.getHandle(workflowId));
      expect(new Set(handles.map(({ workflowId: one }) => one))).toEqual(new Set([workflowId]));
      await eventually('one page', () => world.pages.length === 1);
      await queue.client.workflow
        .getHandle(workflowId)
        .signal('event', alerts(...ids.map((fingerprint) => ({ fingerprint, status: 'resolved' as const }))));
      const end = await report(run);
      expect(end.incident).toMatchObject({ phase: 'resolved', resolvedBy: 'source', firing: 0 });
      expect(world.pages).toHaveLength(1);
    });
  });

  test('an answer that comes with the deadline wins: the level is not paged', async () => {
    const world = tower('tie', { levels: [0, 2, 600] });
    const taskQueue = `tie-${randomUUID()}`;
    const first = async (queue: Queue): Promise<Running> => {
      const started = await queue.start('incident', input);
      await eventually('paged', () => world.pages.length === 1);
      await started.until('nothing is under way', ({ steps }) => steps.some(({ name }) => name.startsWith('Paged')));
      return started;
    };
    const run = await harness.with(world, first, taskQueue);
    // Nobody works now: the deadline passes first, then the answer comes. The next worker sees both at once.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await run.handle.signal('event', {
      type: 'acknowledge',
      actor: { id: 'ada', via: 'slack', person: 'ada' },
      requestId: 'tie',
    });
    const second = async (): Promise<void> => {
      await run.until('answered', ({ headline }) => headline.includes('acknowledged'));
      await act(run, 'resolve');
      expect((await report(run)).figures).toMatchObject({ pages: 1, highestLevel: 0 });
    };
    await harness.with(world, second, taskQueue);
  });

  test('the second of two who escalate at once is told so, and nobody is paged twice', async () => {
    const world = tower('double');
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', input);
      await eventually('paged', () => world.pages.length === 1);
      await run.until('level 1', ({ steps }) => steps.some(({ name }) => name.startsWith('Paged')));
      const clicks = await Promise.allSettled([
        act(run, 'escalate', { expectedLevel: 0 }),
        act(run, 'escalate', { expectedLevel: 0 }),
      ]);
      expect(clicks.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      await eventually('the second level', () => world.pages.length === 2);
      expect((await refusal(run, 'escalate', { expectedLevel: 0 })).type).toBe('ALREADY_ESCALATED');
      expect(await refusal(run, 'snooze', { until: 'soon' })).toMatchObject({
        type: 'Unreadable',
        message: expect.stringContaining('until'),
      });
      await act(run, 'resolve');
      expect((await refusal(run, 'acknowledge')).type).toBe('ALREADY_RESOLVED');
      await run.report();
    });
  });

  test('a page that fails, a channel that is away: the ladder goes on', async () => {
    const world = tower('away', { levels: [0, 1, 2] });
    world.onPage = (level) =>
      level < 2 ? Promise.reject(ApplicationFailure.nonRetryable('no pager', 'Refused')) : Promise.resolve();
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', input);
      await eventually('the third level is paged', () => world.pages.length === 3);
      await act(run, 'resolve');
      const end = await report(run);
      expect(end.figures.pages).toBe(1);
      expect(end.timeline.map(({ text }) => text).join('\n')).toContain('no pager');
    });
  });

  test('an alert that fires again reopens it', async () => {
    // Longer than any machine needs to deliver the next alert.
    const world = tower('reopen', { more: { reopenSeconds: 600 } });
    await harness.with(world, async (queue) => {
      const workflowId = `incident/${world.system.name}/rule/${randomUUID()}`;
      await deliver(queue, workflowId, alerts({ fingerprint: 'a' }));
      const run = new Running(queue.client.workflow.getHandle(workflowId));
      await eventually('paged', () => world.pages.length === 1);
      await deliver(queue, workflowId, alerts({ fingerprint: 'a', status: 'resolved' }));
      await run.until('resolved', ({ phase }) => phase === 'done');
      await deliver(queue, workflowId, alerts({ fingerprint: 'a', startsAt: START + 5 }));
      await eventually('paged again', () => world.pages.length === 2);
      expect(await timeline(run)).toEqual(expect.arrayContaining([expect.stringContaining('Reopened (1)')]));
      await run.handle.cancel();
      expect((await run.failure()).type).toBe('Aborted');
    });
  });

  test('an alert that fires again while the report is kept is not lost: the incident goes on as a new run', async () => {
    const world = tower('closing', {
      // Four changes would count as flapping.
      more: { flapping: { changes: 10 }, postmortem: { severities: ['P1'] } },
    });
    await harness.with(world, async (queue) => {
      const workflowId = `incident/${world.system.name}/rule/${randomUUID()}`;
      let deliveries = 0;
      world.onReport = async () => {
        deliveries += 1;
        if (deliveries === 1) await deliver(queue, workflowId, alerts({ fingerprint: 'a', startsAt: START + 5 }));
      };
      await deliver(queue, workflowId, alerts({ fingerprint: 'a' }));
      await eventually('paged', () => world.pages.length === 1);
      const latest = new Running(queue.client.workflow.getHandle(workflowId));
      const { runId: first } = await latest.handle.describe();
      await deliver(queue, workflowId, alerts({ fingerprint: 'a', status: 'resolved' }));
      await eventually('paged again', () => world.pages.length === 2);
      await deliver(queue, workflowId, alerts({ fingerprint: 'a', startsAt: START + 5, status: 'resolved' }));
      const end = await report(latest);
      expect(end.figures).toMatchObject({ reopened: 1, pages: 2 });
      expect(end.runId).not.toBe(first);
      // One for each time it was closed; reports are create-only.
      expect(world.reports.map((json) => (JSON.parse(json) as IncidentReport).runId)).toEqual([first, end.runId]);
      await queue.client.workflow.getHandle(`postmortem/${workflowId}@${end.incident.openedAt}`).terminate();
    });
  });

  test('a long one goes on as a new run with all that it knows', async () => {
    const world = tower('long');
    await harness.with(world, async (queue) => {
      const workflowId = `incident/${world.system.name}/${randomUUID()}`;
      // So many events instead of the thousands after which a server suggests it.
      const handle = await queue.client.workflow.start('incident', {
        workflowId,
        taskQueue: queue.taskQueue,
        args: [{ system: world.system.name, ...input }, null, 300],
      });
      const latest = queue.client.workflow.getHandle(workflowId);
      await act(new Running(latest), 'acknowledge', { requestId: 'first' });
      const note = (n: number) =>
        latest.signal('event', {
          type: 'note',
          actor: { id: 'bot', via: 'bot' },
          text: `note ${n}`,
          requestId: `n${n}`,
        });
      // More than the timeline holds.
      for (let batch = 0; batch < 15; batch++)
        await Promise.all([...Array(30).keys()].map((n) => note(batch * 30 + n)));
      await eventually('parts of the timeline are stored', () => world.stored.length >= 200);
      const next = async (): Promise<string> => (await latest.describe()).runId;
      for (let tries = 0; tries < 600 && (await next()) === handle.firstExecutionRunId; tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await next()).not.toBe(handle.firstExecutionRunId);
      expect(await act(new Running(latest), 'acknowledge', { requestId: 'first' })).toMatchObject({
        answer: expect.stringContaining('yours'),
      });
      await act(new Running(latest), 'resolve');
      const end = (await latest.result()) as IncidentReport;
      const numbers = [...world.stored, ...end.timeline.map(({ n }) => n)];
      expect(new Set(numbers).size).toBe(Math.max(...numbers) + 1);
      expect(end.timeline.at(-1)?.n).toBeGreaterThanOrEqual(450);
    });
  });

  test('a run of a runbook is started from it, and belongs to it', async () => {
    const world = tower('start');
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', input);
      expect(await refusal(run, 'linkRun', { workflowId: 'x', runbook: 'rm', start: true })).toMatchObject({
        type: 'UNKNOWN_RUNBOOK',
      });
      const workflowId = `rollback/${randomUUID()}`;
      await act(run, 'linkRun', {
        workflowId,
        runbook: 'rollback',
        start: true,
        input: { dryRun: true, workloads: [] },
      });
      await run.until('the run is there', ({ steps }) => steps.some(({ name }) => name.includes(workflowId)));
      expect((await queue.client.workflow.getHandle(workflowId).describe()).type).toBe('rollback');
      await act(run, 'resolve');
      await run.report();
    });
  });

  test('a dry run pages nobody and says who would be', async () => {
    const world = tower('dry');
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', { ...input, dryRun: true });
      const end = await run.report();
      expect(end.outcome).toBe('planned');
      expect(end.plan?.steps.map(({ title }) => title)).toEqual([
        'on call, after 0 s',
        'senior, after 10 min',
        'manager, after 20 min',
      ]);
      expect(new Set(await run.activities())).toEqual(new Set(['resolveTargets']));
    });
  });

  test('a cancelled one rings nobody any more, and says so', async () => {
    const world = tower('cancel');
    await harness.with(world, async (queue) => {
      const run = await queue.start('incident', input);
      await eventually('paged', () => world.pages.length === 1);
      await run.until('level 1', ({ steps }) => steps.some(({ name }) => name.startsWith('Paged')));
      await run.handle.cancel();
      expect((await run.failure()).type).toBe('Aborted');
      expect(world.recalls).toEqual(['ada: the incident was cancelled']);
    });
  });
});
