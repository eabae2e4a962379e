import { isObject, type Part, type Parts } from './parts.js';
import { type Finding, type Path, pathText } from './problem.js';
import { suggest } from './suggest.js';

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
    ...unknownNames(notified(root['notify']), keysOf(root['channels']), 'channel'),
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

/** A name in a description, and where it stands. */
interface Mention {
  path: Path;
  name: unknown;
}

/** Mentions of what `known` does not hold; a single finding when the whole section is missing. */
function unknownNames(mentions: Mention[], known: string[] | undefined, noun: string): Finding[] {
  const section = `${noun}s`;
  const first = mentions.find(({ name }) => typeof name === 'string');
  if (known === undefined) {
    return first === undefined
      ? []
      : [{ path: [section], message: `is missing; ${pathText(first.path)} refers to it` }];
  }
  return mentions.flatMap(({ path, name }) => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    const advice = suggest(name, known, `known ${section}`);
    const cure = `${advice.endsWith('?') ? '' : '.'} Or add it to \`${section}\``;
    return [{ path, message: `there is no ${noun} "${name.slice(0, 80)}"; ${advice}${cure}` }];
  });
}

function notified(notify: unknown): Mention[] {
  return Object.entries(isObject(notify) ? notify : {}).flatMap(([kind, names]) =>
    (Array.isArray(names) ? names : []).map((name: unknown, index) => ({ path: ['notify', kind, index], name })),
  );
}

/** What a swap of a source stops and starts. */
function consumers({ path, fields: { consumers: names } }: Part): Mention[] {
  return (Array.isArray(names) ? names : []).map((name: unknown, index) => ({
    path: [...path, 'consumers', index],
    name,
  }));
}

function text(value: unknown): string[] {
  return typeof value === 'string' ? [value] : [];
}

function repeated(entries: Mention[]): Finding[] {
  const seen = new Set<unknown>();
  return entries.flatMap(({ path, name }) => {
    if (typeof name !== 'string') return [];
    if (seen.has(name))
      return [{ path, message: `"${name.slice(0, 80)}" is named twice; each needs a name of its own` }];
    seen.add(name);
    return [];
  });
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

function keysOf(value: unknown): string[] | undefined {
  return isObject(value) ? Object.keys(value) : undefined;
}
