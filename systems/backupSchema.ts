import { z } from 'zod';
import { approvalPolicySchema, httpUrl, id, secretReference } from './fields.js';

/** What a check of a backup proves, from weak to strong; docs/backup.md says what each level catches. */
export const levels = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'] as const;
export type Level = (typeof levels)[number];

export const askedLevel = z.enum(['L2', 'L3', 'L4', 'L5', 'L6']);
export type AskedLevel = z.output<typeof askedLevel>;
const host = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);
const absolutePath = z.string().regex(/^\/.+/, 'must be an absolute path');

/** A bucket, or a part of one, that holds backups. */
export const objectStoreSchema = z.strictObject({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  prefix: z
    .string()
    .regex(/^[\w.-]{3,}(\/[\w.-]+)*$/, 'must be at least 3 characters, without "/" at either end')
    .default('belay'),
  region: z.string().min(1).default('us-east-1'),
  endpoint: httpUrl.optional().describe("Another S3 server than Amazon's"),
  pathStyle: z.boolean().default(false).describe('Bucket in the path instead of the host name'),
  accessKeyId: secretReference.optional().describe("Left out: the worker's own AWS identity"),
  secretAccessKey: secretReference.optional(),
  lock: z
    .strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: z.int().min(1).max(3_650) })
    .optional()
    .describe('Object lock that every object of a backup is written with'),
});

export const retentionSchema = z
  .strictObject({
    apply: z.boolean().default(false).describe('false: say what would be deleted, delete nothing'),
    level: askedLevel.default('L4').describe('Only backups verified to this level count towards what is kept'),
    keepLast: z.int().min(0).max(10_000).default(0),
    keepDaily: z.int().min(0).max(3_660).default(0),
    keepWeekly: z.int().min(0).max(520).default(0),
    keepMonthly: z.int().min(0).max(120).default(0),
    keepWithinDays: z.int().min(0).max(3_660).default(0).describe('Everything younger, and one that is older'),
    minVerified: z.int().min(1).max(100).default(2).describe('Never fewer good ones than these, whatever their age'),
    graceHours: z.number().min(0).max(720).default(24).describe('Between the first run that condemns and the deletion'),
    maxDeletePercent: z.int().min(1).max(100).default(50).describe('Most of all backups that one run may delete'),
    maxDelete: z.int().min(1).max(1_000).default(20).describe('Most backups that one run may delete'),
  })
  .refine((rule) => rule.keepLast + rule.keepDaily + rule.keepWeekly + rule.keepMonthly + rule.keepWithinDays > 0, {
    error: 'keeps nothing: set keepLast, keepDaily, keepWeekly, keepMonthly or keepWithinDays',
  });

/** A question to the restored data, and the answer that it must give. */
export const smokeQuerySchema = z.strictObject({
  name: z.string().min(1).max(80),
  query: z.string().min(1).max(2_000).describe('Gives one row with one value'),
  min: z.number().optional(),
  max: z.number().optional(),
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
});

const server = { host, user: z.string().min(1).optional(), password: secretReference.optional() };

const common = {
  name: id.describe('Name of the source; part of every key in the store'),
  verify: askedLevel.optional().describe("Instead of the policy's level"),
  maxAgeSeconds: z.int().min(60).optional(),
  retention: retentionSchema.optional(),
  consumers: z
    .array(z.string().min(1))
    .default([])
    .describe('Workloads that a swap stops and starts, in order of tiers'),
  smoke: z.array(smokeQuerySchema).default([]).describe('Asked of restored data for L6'),
};

const postgres = z.strictObject({
  ...common,
  type: z.literal('postgres'),
  ...server,
  port: port.default(5_432),
  database: z.string().min(1).max(63),
  sslMode: z.enum(['disable', 'require', 'verify-full']).default('disable'),
  sslRootCert: absolutePath.optional(),
  maintenanceDatabase: z.string().min(1).max(63).default('postgres').describe('Where databases are made and renamed'),
  excludeTables: z.array(z.string().min(1)).default([]).describe('schema.table whose rows are left out'),
});

const mongodb = z.strictObject({
  ...common,
  type: z.literal('mongodb'),
  ...server,
  port: port.default(27_017),
  database: z.string().min(1).max(63),
  authSource: z.string().min(1).default('admin'),
  replicaSet: z.string().min(1).optional(),
  tls: z.boolean().default(false),
});

const redis = z.strictObject({
  ...common,
  type: z.literal('redis'),
  ...server,
  port: port.default(6_379),
  tls: z.boolean().default(false),
});

const onHost = { host: id.describe('Name of the host worker (`belay worker --host NAME`) that sees the path') };

const sqlite = z.strictObject({ ...common, type: z.literal('sqlite'), ...onHost, path: absolutePath });

const folder = z.strictObject({
  ...common,
  type: z.literal('folder'),
  ...onHost,
  path: absolutePath,
  exclude: z.array(z.string().min(1)).default([]).describe('Patterns as tar knows them, relative to the path'),
});

const kubernetes = z.strictObject({
  ...common,
  type: z.literal('kubernetes'),
  namespaces: z.array(z.string().min(1)).default([]).describe("The system's own namespace when left out"),
  clusterKinds: z
    .array(z.string().min(1))
    .default(['CustomResourceDefinition', 'StorageClass', 'ClusterRole', 'ClusterRoleBinding'])
    .describe('Kinds outside of namespaces that belong to it'),
  excludeKinds: z.array(z.string().min(1)).default([]),
});

const aws = {
  region: z.string().min(1),
  endpoint: httpUrl.optional(),
  accessKeyId: secretReference.optional(),
  secretAccessKey: secretReference.optional(),
};

const rds = z.strictObject({
  ...common,
  type: z.literal('rds'),
  ...aws,
  instance: id,
  restore: z
    .strictObject({
      instanceClass: z.string().min(1),
      subnetGroup: z.string().min(1),
      securityGroups: z.array(z.string().min(1)).min(1),
      parameterGroup: z.string().min(1),
      optionGroup: z.string().min(1).optional(),
      multiAz: z.boolean().default(false),
      deletionProtection: z.boolean().default(true),
    })
    .describe("Said outright, because Amazon's defaults are not those of the instance"),
});

const pgbackrest = z.strictObject({
  ...common,
  type: z.literal('pgbackrest'),
  ...onHost,
  stanza: z.string().regex(/^[\w-]{1,63}$/, 'must be the name of a stanza'),
  config: absolutePath.default('/etc/pgbackrest/pgbackrest.conf'),
  kind: z.enum(['full', 'diff', 'incr']).default('incr'),
  repo: z.int().min(1).max(256).default(1),
});

export const sourceSchema = z.discriminatedUnion('type', [
  postgres,
  mongodb,
  redis,
  sqlite,
  folder,
  kubernetes,
  rds,
  pgbackrest,
]);

const policy = {
  store: objectStoreSchema,
  manifestCopy: objectStoreSchema.optional().describe('Second place for manifests, better in another account'),
  encryption: z
    .strictObject({
      recipients: z.array(z.string().regex(/^age1[0-9a-z]{50,}$/, 'must be a public key of age')).min(2),
      identity: secretReference.describe('The key that verification decrypts with; one of the recipients'),
      recoveryIdentity: secretReference.optional().describe('The key that a drill decrypts with; the offline one'),
    })
    .optional()
    .describe('Public keys that may read the backups; two at least, so that a lost key loses nothing'),
  shape: z
    .enum(['stream', 'stage'])
    .default('stream')
    .describe('stage: to disk first, so that an upload that was cut goes on where it was'),
  verify: askedLevel.default('L5').describe('Level that every backup must reach'),
  maxAgeSeconds: z.int().min(60).default(93_600).describe('Alarm when the newest verified backup is older'),
  parallel: z.int().min(1).max(16).default(2).describe('Sources at a time'),
  compressionLevel: z.int().min(1).max(19).default(3).describe('Of zstd'),
  partMiB: z.int().min(5).max(5_120).optional().describe('Size of an upload part; by the estimate when left out'),
  minBytes: z.int().min(1).default(64).describe('A smaller backup is refused (L1)'),
  maxShrinkPercent: z.int().min(1).max(100).default(50).describe('Smaller than the last one by more is refused (L1)'),
  stallSeconds: z.int().min(5).max(3_600).default(120).describe('Without a byte for so long it has failed'),
  retention: retentionSchema.optional().describe('Left out: nothing is ever deleted'),
};

/** How a system is backed up; a source's own fields win over the policy's. */
export const backupsSchema = z.strictObject({
  ...policy,
  restore: z
    .strictObject({
      approval: approvalPolicySchema.prefault({ required: true }),
      keepOldSeconds: z
        .int()
        .min(60)
        .max(90 * 86_400)
        .default(86_400)
        .describe('What a swap replaced is kept for'),
    })
    .prefault({}),
  sources: z.array(sourceSchema).min(1).max(100),
});

export type Backups = z.output<typeof backupsSchema>;
export type Source = z.output<typeof sourceSchema>;
export type SourceType = Source['type'];
export type SourceOf<T extends SourceType> = Extract<Source, { type: T }>;
export type ObjectStoreRef = z.output<typeof objectStoreSchema>;
export type Retention = z.output<typeof retentionSchema>;
export type SmokeQuery = z.output<typeof smokeQuerySchema>;
