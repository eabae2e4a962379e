import { describe, expect, test } from '@jest/globals';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { SourceFacts, StoreFacts } from '../../activities/backup/types.js';
import { checkKeys, policyGaps } from '../../client/doctor/backupPolicy.js';
import { checkBackups, storeFindings } from '../../client/doctor/backups.js';
import type { BackupReach } from '../../client/doctor/backups.js';
import { type System, systemSchema } from '../../systems/schema.js';

const good: StoreFacts = {
  versioning: true,
  objectLock: false,
  abortsStaleUploads: true,
  clockSkewMs: 10,
  warnings: [],
};

describe('what is not as it should be with a store', () => {
  test.each<[string, Partial<StoreFacts>, [string, RegExp][]]>([
    ['nothing', {}, []],
    ['a clock that goes wrong', { clockSkewMs: -90_000 }, [['warn', /differ by -90 s/]]],
    ['a warning of its own', { warnings: ['no versioning'] }, [['warn', /no versioning/]]],
  ])('%s', (_, facts, expected) => {
    const found = storeFindings({ ...good, ...facts }).map(({ level, detail }) => [level, detail]);
    expect(found).toEqual(expected.map(([level, detail]) => [level, expect.stringMatching(detail)]));
  });
});

const system = (more: object = {}, schedules: object[] = []): System =>
  systemSchema.parse({
    name: 'shop',
    title: 'Shop',
    kubernetes: { namespace: 'shop' },
    backups: {
      store: { bucket: 'shop-backups' },
      sources: [
        { name: 'orders', type: 'postgres', host: 'db', database: 'orders' },
        { name: 'files', type: 'folder', host: 'files-1', path: '/srv/files' },
      ],
      ...more,
    },
    schedules,
  });

test('what a description may leave out, and yet should not', () => {
  const schedule = (runbook: string, enabled = true) => ({
    ...{ id: runbook.toLowerCase(), runbook, reason: 'x', every: '15m', catchupWindowSeconds: 300, enabled },
  });
  const gaps = (of: System) => policyGaps('System shop', of).map(({ level, detail }) => `${level} ${detail}`);
  expect(gaps(system())).toEqual([
    'warn objects of namespace shop (ConfigMaps, Secrets, …) are not backed up',
    'warn no schedule starts backup',
    'warn no schedule starts backupWatch: nobody would notice missing backups',
    'warn nothing is ever deleted',
  ]);
  const whole = {
    retention: { keepLast: 3, apply: true },
    sources: [{ name: 'objects', type: 'kubernetes' }],
  };
  expect(gaps(system(whole, [schedule('backup'), schedule('backupWatch', false)]))).toEqual([
    'warn no schedule starts backupWatch: nobody would notice missing backups',
  ]);
  expect(gaps({ ...system(), backups: undefined })).toEqual([]);
});

describe('keys', () => {
  const checked = async (key: string, recipients: string[]) => {
    const secrets = { resolve: async () => key };
    const [check] = await checkKeys(secrets, 'x', { encryption: { recipients, identity: 'env:KEY' } });
    return check;
  };

  test('that fit, with the comments that age-keygen writes', async () => {
    const [mine, other] = await Promise.all([generateIdentity(), generateIdentity()]);
    const recipients = await Promise.all([mine, other].map((key) => identityToRecipient(key)));
    const check = await checked(`# created: today\n# public key: x\n${mine}\n`, recipients);
    expect(check).toMatchObject({ level: 'ok', detail: '2 recipients, and env:KEY opens one of them' });
    expect(JSON.stringify(check)).not.toContain(mine);
  });

  test('a private key of nobody among the recipients could verify nothing', async () => {
    const recipients = await Promise.all(
      [generateIdentity(), generateIdentity()].map(async (key) => identityToRecipient(await key)),
    );
    expect(await checked(await generateIdentity(), recipients)).toMatchObject({
      level: 'bad',
      detail: expect.stringContaining('belongs to none of the recipients'),
    });
  });

  test.each([
    ['a public key in its place', 'age1r4auv8utnmsaafm2wnwx6lf70qcs7smtyuaal6edgaehty04qclqwfux3y'],
    ['a cut private key', 'AGE-SECRET-KEY-1QQQQ'],
  ])('%s', async (_, key) => {
    const recipients = await Promise.all(
      [generateIdentity(), generateIdentity()].map(async (one) => identityToRecipient(await one)),
    );
    const check = await checked(key, recipients);
    expect(check).toMatchObject({ level: 'bad', detail: 'env:KEY holds no private key of age (AGE-SECRET-KEY-1…)' });
  });
});

describe('stores and sources', () => {
  const facts: SourceFacts = {
    identity: '1',
    serverVersion: '16.4',
    tools: { pg_dump: '16.4' },
    estimatedBytes: 1_610_612_736,
    warnings: ['no checksums on data pages'],
  };
  const reach = (more: Partial<BackupReach['backups']> = {}): BackupReach => ({
    backups: { inspectSource: async () => facts, inspectStore: async () => good, ...more },
    client: undefined,
    taskQueue: 'belay',
  });
  const lines = async (of: BackupReach, described = system()) =>
    (await checkBackups(of, 'x', described)).map(({ name, level, detail }) => `${level} ${name}: ${detail}`);

  test('reachable ones, with versions and size; files of a host are asked of nobody else', async () => {
    expect(await lines(reach())).toEqual([
      'ok backup store: s3://shop-backups/belay: reachable, may be written to, versioned',
      'ok backup source orders: postgres 16.4, about 1.5 GiB; pg_dump 16.4',
      'warn backup source orders: no checksums on data pages',
      'warn backup source files: on host files-1; Temporal is not reachable',
    ]);
  });

  test('the second place of manifests is looked at by itself', async () => {
    const asked: string[] = [];
    const inspectStore: BackupReach['backups']['inspectStore'] = async ({ target }) => {
      asked.push(`${target.policy.store.bucket} ${target.policy.manifestCopy?.bucket}`);
      return good;
    };
    await lines(reach({ inspectStore }), system({ manifestCopy: { bucket: 'shop-manifests' } }));
    expect(asked.toSorted()).toEqual(['shop-backups undefined', 'shop-manifests undefined']);
  });

  test('a source that fails hides nothing else', async () => {
    const inspectSource = () => Promise.reject(new Error('WrongPassword: orders'));
    expect(await lines(reach({ inspectSource }))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ok backup store/),
        'bad backup source orders: WrongPassword: orders',
      ]),
    );
  });
});
