import { incidentMentions } from './incidentReferences.js';
import { keysOf, type Mention, mentionsIn, repeated, unknownNames } from './mentions.js';
import { isObject, type Part, type Parts } from './parts.js';
import type { Finding } from './problem.js';

/** Names that lead nowhere, names that stand twice, and sections that others rely on. */
export function referenceProblems(parts: Parts, expectedName: string | undefined): Finding[] {
  const { root } = parts;
  return [
    ...nameProblems(root['name'], expectedName),
    ...repeated(parts.tiers.map((tier, index) => ({ path: ['tiers', index], name: tier }))),
    ...parts.namedLists.flatMap((list) =>
      repeated(list.map(({ path, fields }) => ({ path: [...path, 'name'], name: fields['name'] }))),
    ),
    ...parts.sources.flatMap((source) => repeated(consumers(source))),
    ...repeated(parts.schedules.map(({ path, fields }) => ({ path: [...path, 'id'], name: fields['id'] }))),
    ...unknownNames(
      parts.workloads.map(({ path, fields }) => ({ path: [...path, 'tier'], name: fields['tier'] })),
      Array.isArray(root['tiers']) ? parts.tiers : undefined,
      'tier',
    ),
    ...unknownNames(
      parts.checks.map(({ path, fields }) => ({ path: [...path, 'endpoint'], name: fields['endpoint'] })),
      keysOf(root['endpoints']),
      'endpoint',
    ),
    ...unknownNames(
      [...notified(root['notify']), ...incidentMentions(parts.oncall).channels],
      keysOf(root['channels']),
      'channel',
    ),
    ...unknownNames(
      parts.sources.flatMap(consumers),
      Array.isArray(root['workloads']) ? parts.workloads.flatMap(({ fields }) => text(fields['name'])) : undefined,
      'workload',
    ),
    ...missingSections(parts),
  ];
}

function nameProblems(name: unknown, expected: string | undefined): Finding[] {
  if (expected === undefined || typeof name !== 'string' || name === expected) return [];
  return [{ path: ['name'], message: `must be "${expected}", as the file is called (or rename the file)` }];
}

function notified(notify: unknown): Mention[] {
  return Object.entries(isObject(notify) ? notify : {}).flatMap(([kind, names]) => mentionsIn(names, ['notify', kind]));
}

/** What a swap of a source stops and starts. */
function consumers({ path, fields: { consumers: names } }: Part): Mention[] {
  return mentionsIn(names, [...path, 'consumers']);
}

function text(value: unknown): string[] {
  return typeof value === 'string' ? [value] : [];
}

function missingSections({ root, workloads, gates, rollout }: Parts): Finding[] {
  const findings: Finding[] = [];
  if (workloads.length > 0 && root['kubernetes'] === undefined) {
    findings.push({ path: ['kubernetes'], message: 'is missing; workloads need the namespace they run in' });
  }
  if (rollout.parsed?.backupFirst && root['backups'] === undefined) {
    findings.push({
      path: ['policies', 'rollingUpdate', 'backupFirst'],
      message: 'backs up before an update, but nothing is described to be backed up; add `backups`, or take this away',
    });
  }
  if (gates[0] !== undefined && root['prometheus'] === undefined) {
    findings.push({
      path: gates[0].path,
      message: 'gates measure with Prometheus; add `prometheus: {url: …}` to the system',
    });
  }
  return findings;
}
