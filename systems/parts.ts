import { type Backups, backupsSchema, type Source, sourceSchema } from './backupSchema.js';
import { httpCheckSchema } from './httpCheckSchema.js';
import { type IncidentParts, incidentPartsOf } from './incidentParts.js';
import { type Fields, isObject, list, type Part, part } from './part.js';
import {
  type Blackout,
  blackoutSchema,
  type HttpCheck,
  type MetricGate,
  metricGateSchema,
  type RolloutPolicy,
  rolloutPolicySchema,
} from './schema.js';
import { type Schedule, scheduleSchema } from './scheduleSchema.js';

export { isObject, type Part } from './part.js';

/** The `backups` section but for its sources, which are judged one by one. */
export type BackupPolicy = Omit<Backups, 'sources'>;

const backupPolicySchema = backupsSchema.omit({ sources: true });

export interface Parts {
  root: Fields;
  tiers: string[];
  workloads: Part[];
  checks: Part<HttpCheck>[];
  gates: Part<MetricGate>[];
  blackouts: Part<Blackout>[];
  rollout: Part<RolloutPolicy>;
  schedules: Part<Schedule>[];
  backups?: Part<BackupPolicy>;
  sources: Part<Source>[];
  oncall: IncidentParts;
  /** Lists whose entries must have names of their own. */
  namedLists: Part[][];
}

/** Takes a raw description apart without relying on any of it. */
export function partsOf(raw: unknown): Parts {
  const root = isObject(raw) ? raw : {};
  const workloads = list(root['workloads'], ['workloads']);
  const health = list(root['health'], ['health'], httpCheckSchema);
  const smoke = list(root['smoke'], ['smoke'], httpCheckSchema);
  const blackouts = list(root['blackouts'], ['blackouts'], blackoutSchema);
  const checksOf = workloads.map(({ path, fields }) => list(fields['health'], [...path, 'health'], httpCheckSchema));
  const gatesOf = workloads.map(({ path, fields }) => list(fields['gates'], [...path, 'gates'], metricGateSchema));
  const policies = isObject(root['policies']) ? root['policies'] : {};
  const emergency = isObject(policies['emergency']) ? policies['emergency'] : {};
  const quiesce = list(emergency['quiesce'], ['policies', 'emergency', 'quiesce'], httpCheckSchema);
  const tiers = Array.isArray(root['tiers']) ? root['tiers'] : [];
  const { sources: rawSources, ...policy } = isObject(root['backups']) ? root['backups'] : {};
  const sources = list(rawSources, ['backups', 'sources'], sourceSchema);
  const queriesOf = sources.map(({ path, fields }) => list(fields['smoke'], [...path, 'smoke']));
  return {
    root,
    tiers: tiers.filter((tier) => typeof tier === 'string'),
    workloads,
    checks: [...health, ...smoke, ...quiesce, ...checksOf.flat()],
    gates: gatesOf.flat(),
    blackouts,
    rollout: part(policies['rollingUpdate'] ?? {}, ['policies', 'rollingUpdate'], rolloutPolicySchema),
    schedules: list(root['schedules'], ['schedules'], scheduleSchema),
    ...(root['backups'] !== undefined && { backups: part(policy, ['backups'], backupPolicySchema) }),
    sources,
    oncall: incidentPartsOf(root),
    namedLists: [workloads, health, smoke, quiesce, blackouts, sources, ...checksOf, ...gatesOf, ...queriesOf],
  };
}
