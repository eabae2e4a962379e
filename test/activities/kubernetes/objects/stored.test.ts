import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBackupActivities } from '../../../../activities/backup/index.js';
import { runCommand } from '../../../../activities/pipeline/index.js';
import { createSecretResolver } from '../../../../activities/secrets/index.js';
import { newId, openSite, publish, run, type Site } from '../../backup/support.js';
import { SANDBOX_MS } from '../support.js';
import { SECRET_VALUE } from './samples.js';
import { sourceOf, world, type World } from './support.js';

let where: World;
let site: Site;
beforeAll(async () => {
  where = await world();
  site = await openSite();
  const secrets = createSecretResolver({ env: site.env, readFile: () => Promise.reject(new Error('no files')) });
  const kubernetes = async () => () => where.clients;
  site.activities = createBackupActivities({ secrets, kubernetes, scratchRoot: site.scratch });
  site.call = (name, input) =>
    site.environment().run(site.activities[name] as (given: typeof input) => Promise<never>, input);
  site.target = { ...site.target, source: sourceOf(), namespace: where.namespace };
}, SANDBOX_MS);
afterAll(() => site?.close());

test('without encryption nothing is stored', async () => {
  const backupId = newId();
  await expect(site.call('takeBackup', { target: site.target, backupId, run })).rejects.toMatchObject({
    type: 'Unsupported',
    message: expect.stringContaining('encryption'),
  });
  expect(await site.keys()).toEqual([]);
});

test('through the store: L6 with either key, restored beside, dropped; Secrets nowhere in plain', async () => {
  const keys = await Promise.all([newKey(), newKey()]);
  Object.assign(site.env, { DAILY: keys[0].identity, OFFLINE: keys[1].identity });
  const recipients = keys.map((key) => key.recipient);
  site.target.policy.encryption = { recipients, identity: 'env:DAILY', recoveryIdentity: 'env:OFFLINE' };
  const { backupId, draft } = await publish(site);
  expect(draft.objects.map(({ name }) => name)).toEqual(['objects.json', 'reading.json', 'contents.json']);
  expect(draft.excluded).toContainEqual({
    name: expect.stringMatching(/\/Pod \([345]\)$/),
    why: 'made anew by their controllers',
  });
  for (const identity of ['verification', 'recovery'] as const) {
    const verified = await site.call('rehearseRestore', { target: site.target, backupId, level: 'L6', identity, run });
    expect(verified).toMatchObject({ passed: true, reached: 'L6', differences: [] });
    expect(JSON.stringify(verified)).not.toContain(SECRET_VALUE);
  }
  const into = `${where.namespace}-stored`;
  const restored = await site.call('restoreBackup', { target: site.target, backupId, into, level: 'L6', run });
  expect(restored).toMatchObject({ name: into, verification: { passed: true } });
  expect(restored.notes?.join('\n')).toContain('Ingress');
  expect(await site.call('dropRestored', { target: site.target, name: into, run })).toEqual({ dropped: true });
  const { stdout } = await runCommand(
    { file: 'grep', args: ['-rlE', `${SECRET_VALUE}|${Buffer.from(SECRET_VALUE).toString('base64')}`, site.dir] },
    { signal: new AbortController().signal, okCodes: [0, 1] },
  );
  expect(stdout).toBe('');
}, 120_000);

async function newKey(): Promise<{ identity: string; recipient: string }> {
  const { stdout } = await runCommand({ file: 'age-keygen', args: [] }, { signal: new AbortController().signal });
  const [identity = ''] = /^AGE-SECRET-KEY-.*$/m.exec(stdout) ?? [];
  const [recipient = ''] = /age1[0-9a-z]+/.exec(stdout) ?? [];
  return { identity, recipient };
}
