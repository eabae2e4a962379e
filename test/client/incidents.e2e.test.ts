import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { Harness, type Queue } from '../workflows/harness.js';
import { shop } from '../workflows/incident/samples.js';
import { Watchtower } from '../workflows/incident/watchtower.js';
import { Archive } from '../workflows/postmortem/archive.js';
import { facts } from '../workflows/postmortem/samples.js';
import type { World } from '../workflows/world.js';
import { belay, built } from './cli.js';
import type { Ran } from './cli.js';

// The command runs as a child process against a real Temporal and the real workflows; only people and stores are pretended.
let harness: Harness;
let address: string;
beforeAll(async () => {
  harness = await Harness.start();
  address = (await sandbox('temporal')).temporal?.address ?? '';
  await built();
}, SANDBOX_MS);
afterAll(() => harness.stop());

type Cli = (...args: string[]) => Promise<Ran>;

/** What the command knows of the system: as people write it, without defaults. */
const described = (name: string): object => ({
  ...shop,
  name,
  incidents: {
    ...shop.incidents,
    severities: shop.incidents.severities.slice(0, 2),
    policies: { critical: shop.incidents.policies.critical },
  },
});

async function place(world: World, body: (cli: Cli, queue: Queue) => Promise<void>): Promise<void> {
  const systems = mkdtempSync(join(tmpdir(), 'belay-systems-'));
  writeFileSync(join(systems, `${world.system.name}.yaml`), stringify(described(world.system.name)));
  await harness.with(world, async (queue) => {
    const env = { TEMPORAL_ADDRESS: address, BELAY_TASK_QUEUE: queue.taskQueue, BELAY_SYSTEMS: systems };
    await body((...args) => belay(args, { ...env, BELAY_ACTOR: 'ada' }), queue);
  });
}

/** Lists are some hundred milliseconds late. */
async function until(look: () => Promise<Ran>, enough: (ran: Ran) => boolean): Promise<Ran> {
  const end = Date.now() + 30_000;
  for (;;) {
    const ran = await look();
    if (enough(ran) || Date.now() > end) return ran;
  }
}

const json = (ran: Ran): Record<string, unknown> => JSON.parse(ran.stdout) as Record<string, unknown>;

describe('belay incident', () => {
  test('open, list, show, act, timeline, resolve', async () => {
    const name = `cli-${randomUUID().slice(0, 8)}`;
    await place(new Watchtower(name), async (cli) => {
      const open = ['incident', 'open', name, 'P1', 'Checkout fails', '--request-id', 'r1'];
      const incident = String(json(await cli(...open, '--json'))['incident']);
      expect(incident).toMatch(new RegExp(`^incident/${name}/checkout-fails-[0-9a-f]{8}$`));
      expect(json(await cli(...open, '--json'))).toMatchObject({ incident });

      const listed = await until(
        () => cli('incident', 'list', '--system', name),
        ({ stdout }) => stdout.includes(incident),
      );
      expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/P1 +triggered .*Checkout fails/) });

      const ack = await cli('incident', 'ack', `${name}/checkout`, '--reason', 'mine', '--json');
      expect(json(ack)).toMatchObject({ incident, action: 'acknowledge', accepted: true });
      const show = await cli('incident', 'show', incident);
      expect(show).toMatchObject({ code: 0, stdout: expect.stringMatching(/state +acknowledged, owner ada/) });

      const stale = await cli('incident', 'escalate', incident, '--expected-level', '0');
      expect(stale).toMatchObject({ code: 3, stdout: expect.stringContaining('Refused: ') });
      expect(await cli('incident', 'escalate', incident)).toMatchObject({ code: 0 });
      expect(await cli('incident', 'note', incident, 'Disk is full')).toMatchObject({ code: 0 });
      expect(await cli('incident', 'snooze', incident)).toMatchObject({ code: 2 });
      const unknown = await cli('incident', 'severity', incident, 'P9', '--json');
      expect(unknown.code).toBe(3);
      expect(json(unknown)).toMatchObject({ accepted: false, code: 'UNKNOWN_SEVERITY' });

      const timeline = await cli('incident', 'timeline', incident);
      expect(timeline.stdout).toMatch(/action +ada: Disk is full +\[cli\]/);
      expect(await cli('incident', 'resolve', incident)).toMatchObject({ code: 0 });
      await harness.client.workflow.getHandle(incident).result();
      const late = await cli('incident', 'ack', incident);
      expect(late).toMatchObject({ code: 3, stdout: expect.stringContaining('no open incident') });
      expect((await cli('incident', 'show', incident)).stdout).toMatch(/state +resolved/);
    });
  });

  test('what is wrong is named with its cure', async () => {
    const name = `cli-${randomUUID().slice(0, 8)}`;
    await place(new Watchtower(name), async (cli) => {
      const wrong = await cli('incident', 'open', name, 'P9', 'x');
      expect(wrong).toMatchObject({ code: 2 });
      expect(wrong.stderr).toMatch(/severity: "P9" is no severity of/);
      expect(await cli('incident', 'open', 'x')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('severity'),
      });
      const none = await cli('incident', 'ack', `nothing-${name}`);
      expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('belay incident list') });
      const gone = await cli('incident', 'show', `incident/${name}/never-was`);
      expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no incident') });
      const both = await cli('incident', 'link', `incident/${name}/x`);
      expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--start') });
    });
  });
});

describe('belay postmortem', () => {
  test('draft, edit, submit, publish', async () => {
    const name = `cli-${randomUUID().slice(0, 8)}`;
    await place(new Archive(name), async (cli, queue) => {
      const run = await queue.start('postmortem', { incident: `incident/${name}/x`, facts: facts() });
      const id = run.handle.workflowId;
      await run.until('a draft', ({ phase }) => phase === 'running');
      const listed = await until(
        () => cli('postmortem', 'list', '--system', name),
        ({ stdout }) => stdout.includes(id),
      );
      expect(listed.stdout).toMatch(/draft +9 +postmortem\//);
      const draft = await cli('postmortem', 'draft', `${name}/`);
      expect(draft).toMatchObject({ code: 0, stdout: expect.stringMatching(/^# Postmortem: Checkout fails/) });
      expect(draft.stderr).toMatch(/^draft, revision 1, due /);
      const early = await cli('postmortem', 'submit', id);
      expect(early).toMatchObject({ code: 3, stderr: expect.stringContaining('still to be filled in') });
      const file = join(mkdtempSync(join(tmpdir(), 'belay-text-')), 'text.md');
      writeFileSync(file, 'All is said.\n');
      const edit = ['postmortem', 'edit', id, '--file', file, '--expected-revision', '1'];
      expect(await cli(...edit)).toMatchObject({ code: 0, stdout: expect.stringContaining('Revision 2') });
      expect(await cli(...edit)).toMatchObject({ code: 3, stderr: expect.stringContaining('newer than 1') });
      expect(await cli('postmortem', 'submit', id)).toMatchObject({ code: 0 });
      const published = await cli('postmortem', 'publish', id, '--as', 'bob', '--json');
      expect(json(published)).toMatchObject({ accepted: true, stage: 'published', revision: 2 });
      expect(await run.report()).toMatchObject({ outcome: 'succeeded', summary: expect.stringContaining('bob') });
      expect((await cli('postmortem', 'draft', id)).stdout.trim()).toBe('All is said.');
      expect(await cli('postmortem', 'publish', id)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('not open'),
      });
    });
  });
});
