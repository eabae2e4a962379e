import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { systemSchema } from '../../../systems/schema.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { PostOffice, Scene } from './post.js';
import { contact, page } from './samples.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(new URL('workflows.ts', import.meta.url).pathname);
}, SANDBOX_MS);
afterAll(() => harness?.stop());

const refuse = () => Promise.reject(ApplicationFailure.nonRetryable('Slack refuses: not_in_channel', 'SlackRefused'));

/** Runs a scene with a post office of its own. */
function scene(
  body: (scene: Scene, office: PostOffice) => Promise<void>,
  input: Parameters<typeof Scene.open>[1] = {},
): Promise<void> {
  const office = new PostOffice();
  return harness.with(office, async (queue) => body(await Scene.open(queue, input), office));
}

test('contacts in order, each at its time after the page; the incident is told', () =>
  scene(async (it, office) => {
    const at = Date.now();
    await it.page('p1', [contact('dm'), contact('sms', 3)], { at });
    await it.until(
      'both were used',
      () => office.log,
      (log) => log.length === 2,
    );
    expect(office.log).toEqual(['dm ← p1', 'sms ← p1']);
    expect(office.sent[1]?.at).toBeGreaterThanOrEqual(at + 3_000);
    await it.until(
      'the incident was told',
      () => it.heard(),
      (heard) => heard.length === 2,
    );
    expect(await it.heard()).toEqual(['sent dm', 'sent sms']);
    expect(await it.status()).toEqual({ person: 'alice', pending: [], sent: 2, bundled: 0 });
  }));

test('what comes while a message is under way goes out as one message, urgent first; a key counts once', () =>
  scene(async (it, office) => {
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    office.does.set('dm', () => gate);
    await it.page('p1', [contact('dm')]);
    await it.until(
      'the first is under way',
      () => office.log,
      (log) => log.length === 1,
    );
    await it.page('p2', [contact('dm')]);
    await it.page('p3', [contact('dm')], { urgent: true });
    await it.page('p2', [contact('dm')]);
    await it.page('p1', [contact('dm')]);
    await it.until(
      'both wait',
      () => it.status(),
      ({ pending }) => pending.length === 3,
    );
    open?.();
    await it.until(
      'the second message',
      () => office.log,
      (log) => log.length === 2,
    );
    expect(office.log).toEqual(['dm ← p1', 'dm ← p3 p2']);
    await it.until(
      'told',
      () => it.heard(),
      (heard) => heard.length === 2,
    );
    expect(await it.heard()).toEqual(['sent dm', 'sent dm: 2 pages in one message']);
  }));

test('a contact that refuses moves on at once; when all do, the person is unreachable at once', () =>
  scene(async (it, office) => {
    office.does.set('dm', refuse);
    await it.page('p1', [contact('dm'), contact('sms', 3_600)]);
    await it.until(
      'the next way',
      () => it.heard(),
      (heard) => heard.length === 2,
    );
    expect(await it.heard()).toEqual(['failed dm: Slack refuses: not_in_channel', 'sent sms']);
    office.does.set('sms', refuse);
    await it.page('p2', [contact('dm'), contact('sms', 3_600)]);
    const heard = await it.until(
      'unreachable',
      () => it.heard(),
      (all) => all.length === 5,
    );
    expect(heard.slice(2)).toEqual([
      'failed dm: Slack refuses: not_in_channel',
      'failed sms: Slack refuses: not_in_channel',
      'unreachable dm, sms: every way has failed',
    ]);
    expect((await it.status()).pending).toEqual([]);
  }));

test('a failure that passes is tried again with the same key of the message', () =>
  scene(async (it, office) => {
    office.does.set('dm', () => (office.sent.length < 3 ? Promise.reject(new Error('HTTP 503')) : Promise.resolve()));
    await it.page('p1', [contact('dm')]);
    await it.until(
      'sent',
      () => it.heard(),
      (heard) => heard.length === 1,
    );
    expect(await it.heard()).toEqual(['sent dm']);
    expect(office.log).toEqual(['dm ← p1', 'dm ← p1', 'dm ← p1']);
    expect(new Set(office.sent.map(({ bundle }) => bundle)).size).toBe(1);
  }));

test('a contact over its limit keeps the page, and the next one is used at once', () =>
  scene(async (it, office) => {
    const ways = [contact('sms', 0, [{ max: 1, withinSeconds: 3_600 }]), contact('call', 3_600)];
    await it.page('p1', ways);
    await it.until(
      'the first',
      () => it.heard(),
      (heard) => heard.length === 1,
    );
    await it.page('p2', ways);
    await it.until(
      'the second',
      () => it.heard(),
      (heard) => heard.length === 3,
    );
    expect((await it.heard()).toSorted()).toEqual([
      expect.stringMatching(/^delayed sms: over its limit until /),
      'sent call',
      'sent sms',
    ]);
    expect(office.log).toEqual(['sms ← p1', 'call ← p2']);
    expect((await it.status()).pending).toMatchObject([
      { key: 'p1', contactsTried: ['sms: sent'] },
      { key: 'p2', contactsTried: ['sms: limited', 'call: sent'] },
    ]);
  }));

test('a recall stops further contacts', () =>
  scene(async (it, office) => {
    await it.page('p1', [contact('dm'), contact('sms', 3_600)]);
    await it.until(
      'sent',
      () => it.heard(),
      (heard) => heard.length === 1,
    );
    await it.recall();
    await it.until(
      'nothing is pending',
      () => it.status(),
      ({ pending }) => pending.length === 0,
    );
    expect(office.log).toEqual(['dm ← p1']);
  }));

test('a recall begins no further try of a message that did not get through', () =>
  scene(async (it, office) => {
    const busy = { type: 'SlackRateLimited', message: 'wait', nextRetryDelay: '10m' } as const;
    office.does.set('dm', () => Promise.reject(ApplicationFailure.create(busy)));
    await it.page('p1', [contact('dm')]);
    await it.until(
      'tried',
      () => office.log,
      (log) => log.length === 1,
    );
    await it.recall();
    await it.until(
      'nothing is pending',
      () => it.status(),
      ({ pending }) => pending.length === 0,
    );
    office.does.delete('dm');
    await it.page('p2', [contact('dm')]);
    await it.until(
      'the next page goes',
      () => it.heard(),
      (heard) => heard.length === 1,
    );
    expect(office.log).toEqual(['dm ← p1', 'dm ← p2']);
    expect(await it.heard()).toEqual(['sent dm']);
  }));

test('an incident that is gone is no error', () =>
  scene(async (it) => {
    await it.page('p1', [contact('dm')], { incident: 'incident/gone' });
    await it.page('p2', [contact('dm')]);
    await it.until(
      'the other is told',
      () => it.heard(),
      (heard) => heard.length === 1,
    );
    await it.until(
      'both are done with',
      () => it.status(),
      ({ pending }) => pending.length === 0,
    );
  }));

test('the next run goes on where this one was: what is pending, which keys were taken', () =>
  scene(
    async (it, office) => {
      await it.page('kept', [contact('call', 3_600)]);
      const first = await it.pager.describe();
      for (let n = 1; n <= 6; n++) {
        await it.page(`p${n}`, [contact(`dm${n}`)]);
        await it.until(
          `p${n} is told`,
          () => it.heard(),
          (heard) => heard.length === n,
        );
      }
      await it.until(
        'another run',
        () => it.pager.describe(),
        ({ runId }) => runId !== first.runId,
      );
      await it.page('p1', [contact('dm1')]);
      await it.page('p7', [contact('dm7')]);
      await it.until(
        'p7 is told',
        () => it.heard(),
        (heard) => heard.length === 7,
      );
      expect(office.log).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `dm${n} ← p${n}`));
      expect(await it.status()).toMatchObject({ sent: 7, pending: [{ key: 'kept' }] });
    },
    { continueAfterEvents: 40 },
  ));

test('a signal that is no page does no harm', () =>
  scene(async (it) => {
    await it.page('p1', [contact('dm', 3_600)]);
    for (const nonsense of [undefined, 'text', {}, { page: page('p2') }]) {
      await it.pager.signal('page', nonsense);
      await it.pager.signal('recall', nonsense);
    }
    await it.page('p3', [contact('dm', 3_600)]);
    const { pending } = await it.until(
      'both',
      () => it.status(),
      (status) => status.pending.length === 2,
    );
    expect(pending.map(({ key }) => key)).toEqual(['p1', 'p3']);
  }));

test('a pager that has had nothing to do for its time ends, and the next page starts another', () =>
  scene(
    async (it, office) => {
      await it.page('p1', [contact('dm')]);
      const first = it.queue.client.workflow.getHandle(it.pagerId, (await it.pager.describe()).runId);
      expect(await first.result()).toEqual({ outcome: 'idle', sent: 1, bundled: 0 });
      await it.page('p2', [contact('dm')]);
      await it.until(
        'sent',
        () => office.log,
        (log) => log.length === 2,
      );
    },
    { idleMs: 1_000 },
  ));

test('pageTargets hands each person one page, whatever repeats it, in the queue that it runs on', () =>
  scene(async (it, office) => {
    const { people, rotas, channels } = systemSchema.parse({
      name: 'post',
      title: 'Post',
      channels: { dm: { type: 'log' } },
      people: {
        alice: { name: 'Alice', contacts: [{ channel: 'dm' }] },
        bob: { name: 'Bob', contacts: [{ channel: 'dm' }] },
      },
      rotas: {
        primary: {
          timeZone: 'UTC',
          start: '2026-01-01',
          handoff: { every: 'day', at: '00:00' },
          people: ['alice'],
        },
      },
    });
    const system = it.queue.world.system.name;
    const input = {
      snapshot: { system, people, rotas, channels },
      targets: [{ rota: 'primary' }, { person: 'alice' }, { person: 'bob' }, { channel: 'dm' }],
      at: Date.parse('2026-06-01T12:00:00Z'),
      page: page('run/1/0', { incident: it.incident.workflowId, at: Date.now(), text: 'x'.repeat(5_000) }),
    };
    const { pageTargets } = it.oncall();
    const resolved = await pageTargets(input);
    await pageTargets(input);
    expect(resolved).toMatchObject({
      people: [{ id: 'alice', because: 'primary' }, { id: 'bob' }],
      channels: ['dm'],
      empty: [],
    });
    await it.until(
      'both are told',
      () => it.heard(),
      (heard) => heard.length === 2,
    );
    expect(office.log.toSorted()).toEqual(['dm ← run/1/0/alice', 'dm ← run/1/0/bob']);
  }));
