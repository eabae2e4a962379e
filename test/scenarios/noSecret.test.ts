import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { belay, built } from '../client/cli.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { SCENE_MS } from './concurrent.js';
import { kubernetesTexts, textsOf } from './everything.js';
import type { Site } from './site.js';
import { slackMessages } from './slack.js';
import { findSecrets } from './secretSearch.js';
import { until } from './until.js';
import { Theatre } from './theatre.js';

/** With characters that look otherwise in URLs and in JSON. */
const secret = (): string => `p@ss/"w+rd ${randomBytes(12).toString('base64')}`;
const secrets: Record<string, string> = { template: secret(), header: `key ${randomBytes(18).toString('base64')}` };
let theatre: Theatre;
let site: Site;

beforeAll(async () => {
  const state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack');
  secrets['slack'] = state.slack?.token ?? '';
  await built();
  theatre = await Theatre.open(state, () => ({ API_KEY: secrets['header'] ?? '', BELAY_LOG_LEVEL: 'debug' }));
  const env = { DATABASE_PASSWORD: secrets['template'] ?? '' };
  site = await theatre.site({
    workloads: [
      { name: 'api', env },
      { name: 'web', env },
    ],
    describe: ({ name }) => ({
      smoke: [
        {
          name: 'with a key',
          endpoint: 'api',
          path: `/?site=${name}`,
          secretHeaders: { 'X-Api-Key': 'env:API_KEY' },
          times: 1,
          intervalSeconds: 0.2,
        },
      ],
    }),
  });
}, SANDBOX_MS);
afterAll(() => theatre?.close(), 60_000);

const found = (places: Record<string, string[]>) => findSecrets(secrets, places);

test(
  'after a good and two rolled-back runs no secret stands in any history, log, report, message, output or object',
  async () => {
    const good = await theatre.update(site, { api: '1.1', web: '1.1' });
    expect(good.outcome).toBe('succeeded');
    const crashed = await theatre.update(site, { api: '1.2', web: '1.2-crash' });
    expect(crashed.outcome).toBe('RolledBack');
    const failing = await theatre.update(site, { api: '1.3-5xx' });
    expect(failing.outcome).toBe('RolledBack');
    // The runs did use them: the template is saved with its password, and messages were posted with the token.
    const saved = await site.cluster.core.listNamespacedSecret({ namespace: site.name });
    expect(saved.items.length).toBeGreaterThan(2);

    const { client, ground } = theatre;
    // Three runs and the five locks that they took; the list follows with a delay.
    const query = `TaskQueue = '${ground.queue}'`;
    await until('all runs are listed', async () => (await client.workflow.count(query)).count >= 8);
    const histories: Record<string, string[]> = {};
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      const handle = client.workflow.getHandle(workflowId, runId);
      histories[`history of ${workflowId} ${runId}`] = [
        ...textsOf(await handle.fetchHistory()),
        ...textsOf((await handle.describe()).raw),
      ];
    }

    const evidence = (await readdir(ground.evidence, { recursive: true })).filter((file) => /\.(json|md)$/.test(file));
    expect(evidence).toHaveLength(6);
    const files = await Promise.all(evidence.map((file) => readFile(join(ground.evidence, file), 'utf8')));
    const log = await readFile(theatre.workerLog, 'utf8');
    expect(log).toContain('activity started');
    const messages = textsOf(await slackMessages(site.sandbox)).filter((text) => text.includes(site.name));
    expect(messages.length).toBeGreaterThan(5);
    const { workflowId } = crashed.report;
    const outputs = await Promise.all(
      [
        ['report', workflowId],
        ['report', workflowId, '--json'],
        ['watch', workflowId],
      ].map((args) => belay(args, ground.env)),
    );
    expect(outputs.map(({ stdout }) => stdout.includes('1.2-crash'))).toEqual([true, true, true]);

    expect(
      found({
        ...histories,
        reports: files,
        'the worker log': [log],
        'Slack messages': textsOf(await slackMessages(site.sandbox)),
        'the command line': outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
        ...(await kubernetesTexts(site)),
      }),
    ).toEqual([]);
  },
  SCENE_MS,
);

test('the search finds what it looks for', () => {
  const value = secrets['template'] ?? '';
  const event = { payloads: [{ data: Buffer.from(JSON.stringify({ nested: { value } })) }] };
  expect(found({ here: textsOf(event) })).toEqual(['template, as JSON in here']);
  expect(found({ here: [encodeURIComponent(value)] })).toEqual(['template, URL-encoded in here']);
});
