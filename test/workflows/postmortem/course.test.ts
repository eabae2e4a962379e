import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { DeskAnswer, DeskPayload } from '../../../workflows/postmortem/desk.js';
import type { PostmortemView } from '../../../workflows/postmortem/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { eventually, Harness, type Queue, Running } from '../harness.js';
import { Watchtower } from '../incident/watchtower.js';
import { Archive } from './archive.js';
import { entry, facts, view } from './samples.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const archive = (name: string, postmortem: object = {}) => new Archive(`archive-${process.pid}-${name}`, postmortem);
const ended = () => new Date().toISOString();
const start = (queue: Queue, more: object = {}) =>
  queue.start('postmortem', { incident: 'incident/shop/checkout/1', facts: facts(), resolvedAt: ended(), ...more });

const act = (run: Running, name: string, input: DeskPayload): Promise<DeskAnswer> =>
  run.handle.executeUpdate<DeskAnswer, [DeskPayload]>(name, { args: [input] });

async function refused(run: Running, name: string, input: DeskPayload): Promise<string> {
  try {
    await act(run, name, input);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause) return error.cause.message;
    throw error;
  }
  throw new Error(`${name} was accepted`);
}

const viewOf = async (run: Running): Promise<PostmortemView | undefined> =>
  (await run.handle.query<{ postmortem?: PostmortemView }>('status')).postmortem;
const drafted = (run: Running) => run.until('a draft', ({ phase }) => phase === 'running');
const draft = (run: Running) => run.handle.query<{ revision: number; text: string }>('draft');

describe('a postmortem', () => {
  test('draft, edit, review, publication: each revision is kept, the end is told', async () => {
    const world = archive('course');
    await harness.with(world, async (queue) => {
      const run = await start(queue);
      await drafted(run);
      expect(await draft(run)).toMatchObject({ revision: 1, text: expect.stringContaining('ada has acknowledged') });
      expect(await refused(run, 'submit', { actor: 'ada' })).toMatch(/still to be filled in/);
      const edited = await act(run, 'edit', { actor: 'ada', text: 'All is said.', expectedRevision: 1 });
      expect(edited).toMatchObject({ accepted: true, revision: 2, stage: 'draft' });
      expect(await act(run, 'submit', { actor: 'ada' })).toMatchObject({ stage: 'inReview' });
      expect(await act(run, 'publish', { actor: 'bob', requestId: 'p' })).toMatchObject({ stage: 'published' });
      const report = await run.report();
      expect(report).toMatchObject({
        outcome: 'succeeded',
        summary: expect.stringMatching(/^Published by bob: kept:/),
      });
      expect(report.decisions.map(({ verb, actor }) => `${verb} ${actor}`)).toEqual([
        'edit ada',
        'submit ada',
        'publish bob',
      ]);
      expect([...world.documents.keys()].map((key) => key.replace(/.*-(r\d|final)\D.*/, '$1'))).toEqual([
        'r1',
        'r2',
        'final',
      ]);
      expect([...world.documents.values()].at(-1)).toMatch(/^All is said\.\n\n---\n\nRevision 2, published by bob, /);
      expect(world.told).toEqual([
        'reviews Postmortem: P1 Checkout fails',
        'reviews Postmortem is published: P1 Checkout fails',
      ]);
      expect(await viewOf(run)).toMatchObject({ stage: 'published', publishedBy: 'bob', missing: [] });
    });
  });

  test('reminds and tells a breach once, by deadlines that count from the end of the incident', async () => {
    const world = archive('late', { dueSeconds: 3, remindSeconds: [1] });
    await harness.with(world, async (queue) => {
      const run = await start(queue);
      await eventually('overdue', () => world.told.some((line) => line.includes('overdue')));
      expect(world.told.map((line) => line.split(':')[0])).toEqual([
        'reviews Postmortem',
        'reviews Postmortem is due',
        'reviews Postmortem is overdue',
      ]);
      const seen = await viewOf(run);
      expect(seen?.breachedAt).toBe(seen?.dueAt);
      await act(run, 'edit', { actor: 'ada', text: 'All is said.' });
      await act(run, 'submit', { actor: 'ada' });
      await act(run, 'publish', { actor: 'bob' });
      expect((await run.report()).summary).toMatch(/^Published by bob, late: /);
      expect(world.told.filter((line) => line.includes('overdue'))).toHaveLength(1);
    });
  });

  test('one that is begun long after the end tells the breach alone', async () => {
    const world = archive('begun-late');
    await harness.with(world, async (queue) => {
      const run = await start(queue, { resolvedAt: '2026-01-01T00:00:00Z' });
      await eventually('overdue', () => world.told.some((line) => line.includes('overdue')));
      expect(world.told.some((line) => line.includes('is due'))).toBe(false);
      await run.verb('abort', { actor: 'ada', reason: 'too old' });
      expect(await run.failure()).toMatchObject({ type: 'Aborted', message: expect.stringContaining('ada: too old') });
      expect(world.told.at(-1)).toBe('reviews No postmortem: P1 Checkout fails');
    });
  });

  test('a final text that cannot be kept is not published; the next try is', async () => {
    const world = archive('unkept');
    world.failSaving = '-final-';
    await harness.with(world, async (queue) => {
      const run = await start(queue);
      await drafted(run);
      await act(run, 'edit', { actor: 'ada', text: 'All is said.' });
      await act(run, 'submit', { actor: 'ada' });
      await act(run, 'publish', { actor: 'bob' });
      await eventually('told', () => world.told.some((line) => line.includes('could not be kept')));
      expect(await viewOf(run)).toMatchObject({ stage: 'inReview' });
      world.failSaving = undefined;
      await act(run, 'publish', { actor: 'bob' });
      expect(await run.report()).toMatchObject({ outcome: 'succeeded' });
    });
  });

  test('a revision that cannot be kept stops nobody', async () => {
    const world = archive('revision');
    world.failSaving = '-r1';
    await harness.with(world, async (queue) => {
      const run = await start(queue);
      await drafted(run);
      expect((await viewOf(run))?.revisions).toEqual([expect.not.objectContaining({ reference: expect.anything() })]);
      await run.verb('abort', { actor: 'ada', reason: 'end of the test' });
      await run.failure();
    });
  });

  test('a security incident is named in the restricted channel alone', async () => {
    const world = archive('security');
    await harness.with(world, async (queue) => {
      const run = await start(queue, { facts: facts({ kind: 'security' }) });
      await eventually('told', () => world.told.length > 0);
      expect(world.told).toEqual(['security Postmortem: P1 Checkout fails']);
      await run.verb('abort', { actor: 'ada', reason: 'end of the test' });
      await run.failure();
    });
  });
});

test('an incident begins its own when it ends, with its facts, and outlives it', async () => {
  const world = new Watchtower(`archive-${process.pid}-whole`, {
    more: { postmortem: { severities: ['P1'], channel: 'team' } },
  });
  const pretended = { ...archive('shelf').activities(), ...world.activities() };
  world.activities = () => pretended;
  const input = { title: 'Checkout fails', severity: 'P1', dryRun: false, kind: 'operational', isStorm: false };
  await harness.with(world, async (queue) => {
    const incident = await queue.start('incident', { ...input, reason: 'test', requestedBy: 'test' });
    for (const name of ['acknowledge', 'resolve'])
      await incident.handle.executeUpdate<unknown, [object]>(name, { args: [{ actor: 'ada' }] });
    await incident.handle.result();
    const { events } = await incident.handle.fetchHistory();
    const [id] = (events ?? []).flatMap(
      ({ childWorkflowExecutionStartedEventAttributes: child }) => child?.workflowExecution?.workflowId ?? [],
    );
    const run = new Running(queue.client.workflow.getHandle(id ?? ''));
    await drafted(run);
    expect((await draft(run)).text).toMatch(/^# Postmortem: Checkout fails[^]*\| action \| ada has acknowledged/);
    const seen = await viewOf(run);
    expect(seen).toMatchObject({ incident: incident.handle.workflowId, severity: 'P1' });
    expect((seen?.dueAt ?? 0) - (seen?.endedAt ?? 0)).toBe(172_800_000);
    await run.verb('abort', { actor: 'ada', reason: 'end of the test' });
    await run.failure();
  });
});

describe('where the facts come from', () => {
  const plan = (queue: Queue, more: object = {}) =>
    queue.start('postmortem', { incident: 'incident/shop/checkout/1', dryRun: true, ...more });

  test('the incident is asked, and kept parts of its timeline are read', async () => {
    const world = archive('asked');
    world.known = { ...facts(), stored: ['part:1', 'part:2'] };
    world.documents.set('part:1', JSON.stringify({ entries: [entry(-1, 'action', 'the very first')] }));
    await harness.with(world, async (queue) => {
      const run = await plan(queue);
      const report = await run.report();
      expect(report).toMatchObject({ outcome: 'planned', plan: { warnings: [expect.stringContaining('part:2')] } });
      const { text } = await draft(run);
      expect(text).toContain('the very first');
      expect(text).toContain('missing above: part:2');
      expect(await run.activities()).not.toContain('saveDocument');
      expect(world.told).toEqual([]);
    });
  });

  test('one that Temporal has forgotten is read from its report', async () => {
    const world = archive('report');
    const { entries: timeline } = facts();
    world.report = JSON.stringify({ incident: view({ title: 'From the report' }), timeline, stored: [] });
    await harness.with(world, async (queue) => {
      const run = await plan(queue);
      expect((await run.report()).plan?.summary).toContain('From the report');
    });
  });

  test('an incident that nobody knows is no postmortem', async () => {
    await harness.with(archive('nobody'), async (queue) => {
      const run = await plan(queue);
      expect(await run.failure()).toMatchObject({
        type: 'PreflightFailed',
        message: expect.stringContaining('belay incident list'),
      });
    });
  });
});
