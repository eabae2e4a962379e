import { levels, type Level, type ObjectStoreRef, type Source } from './backupSchema.js';
import { type BackupPolicy, isObject, type Part, type Parts } from './parts.js';
import type { Finding, Path } from './problem.js';

/** What is wrong between the fields of `backups`, and between it and the rest of the system. */
export function backupProblems({ root, backups, sources }: Parts): Finding[] {
  if (backups === undefined) return [];
  return [
    ...placeProblems(backups),
    ...keyProblems(backups),
    ...sources.flatMap((source) => [
      ...ceilingProblems(source, backups),
      ...levelProblems(source, backups),
      ...kubernetesProblems(source, backups, root),
      ...shapeProblems(source, backups),
      ...credentialProblems(source),
      ...smokeProblems(source),
    ]),
    ...unusedLevelProblems(backups, sources),
  ];
}

function placeProblems({ path, fields, parsed }: Part<BackupPolicy>): Finding[] {
  const findings = [
    ...credentialProblems({ path: [...path, 'store'], fields: fieldsOf(fields['store']) }),
    ...credentialProblems({ path: [...path, 'manifestCopy'], fields: fieldsOf(fields['manifestCopy']) }),
  ];
  const { store, manifestCopy } = parsed ?? {};
  if (store && manifestCopy && overlap(store, manifestCopy)) {
    const message =
      'lies in the same place as `store`, so whatever takes one takes both; name another bucket, better in another account';
    findings.push({ path: [...path, 'manifestCopy'], message });
  }
  return findings;
}

/** Same server and bucket, and one prefix in the other. */
function overlap(a: ObjectStoreRef, b: ObjectStoreRef): boolean {
  if (a.bucket !== b.bucket || (a.endpoint ?? '') !== (b.endpoint ?? '')) return false;
  const [one, other] = [`${a.prefix}/`, `${b.prefix}/`];
  return one.startsWith(other) || other.startsWith(one);
}

function keyProblems({ path, fields }: Part<BackupPolicy>): Finding[] {
  const { recipients, identity, recoveryIdentity } = fieldsOf(fields['encryption']);
  const at = [...path, 'encryption'];
  const keys = Array.isArray(recipients) ? recipients : [];
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index);
  const findings: Finding[] = [];
  if (twice >= 0) {
    const message = 'stands twice; a second key only helps when it is another one, kept elsewhere';
    findings.push({ path: [...at, 'recipients', twice], message });
  }
  if (typeof identity === 'string' && identity === recoveryIdentity) {
    const message = 'is the same as `identity`, so a drill would not prove that the other key works; refer to that one';
    findings.push({ path: [...at, 'recoveryIdentity'], message });
  }
  return findings;
}

/** Half a pair of keys would fall back to the worker's own identity, unseen. */
function credentialProblems({ path, fields }: Part): Finding[] {
  const [id, secret] = [fields['accessKeyId'], fields['secretAccessKey']];
  if ((id === undefined) === (secret === undefined)) return [];
  const missing = id === undefined ? 'accessKeyId' : 'secretAccessKey';
  const other = id === undefined ? 'secretAccessKey' : 'accessKeyId';
  return [{ path: [...path, missing], message: `is missing; \`${other}\` is of no use without it` }];
}

/** The highest level that can be asked of a kind of source: nobody counts what is in a vendor's snapshot or a set of pgBackRest. */
export const highestLevel = (type: Source['type']): Level => (type === 'rds' || type === 'pgbackrest' ? 'L4' : 'L6');

function ceilingProblems({ path, parsed: source }: Part<Source>, { parsed: policy }: Part<BackupPolicy>): Finding[] {
  if (source === undefined || policy === undefined) return [];
  const verify = source.verify ?? policy.verify;
  const highest = highestLevel(source.type);
  if (!isAbove(verify, highest)) return [];
  const message = `${verify} is asked, but ${highest} is the highest level of ${source.type}, so no backup would ever count; write verify: ${highest} here`;
  return [{ path: [...path, 'verify'], message }];
}

/** A level above the one that is verified would never be reached: nothing would count, and nothing would ever be deleted. */
function levelProblems({ path, parsed: source }: Part<Source>, { parsed: policy }: Part<BackupPolicy>): Finding[] {
  if (source === undefined || policy === undefined) return [];
  const retention = source.retention ?? policy.retention;
  const verify = source.verify ?? policy.verify;
  // The policy's own pair is judged once, below.
  if (retention === undefined || (source.retention === undefined && source.verify === undefined)) return [];
  if (!isAbove(retention.level, verify)) return [];
  const at = source.retention === undefined ? [...path, 'verify'] : [...path, 'retention', 'level'];
  return [levelFinding(at, retention.level, verify)];
}

function unusedLevelProblems({ path, parsed }: Part<BackupPolicy>, sources: Part<Source>[]): Finding[] {
  if (parsed?.retention === undefined || !isAbove(parsed.retention.level, parsed.verify)) return [];
  const inForce = sources.some(({ fields }) => fields['retention'] === undefined && fields['verify'] === undefined);
  return inForce ? [levelFinding([...path, 'retention', 'level'], parsed.retention.level, parsed.verify)] : [];
}

function levelFinding(path: Path, asked: Level, verified: Level): Finding {
  const message = `retention counts backups from ${asked}, but they are verified to ${verified} only, so none would ever count; raise verify or lower retention.level`;
  return { path, message };
}

const isAbove = (level: Level, other: Level): boolean => levels.indexOf(level) > levels.indexOf(other);

/** Where no bytes pass through us there is nothing to put on a disk first. */
function shapeProblems({ path, fields }: Part<Source>, backups: Part<BackupPolicy>): Finding[] {
  const { type } = fields;
  if ((type !== 'rds' && type !== 'pgbackrest') || backups.fields['shape'] !== 'stage') return [];
  const message = `${type} keeps its backups itself and cannot be staged; set backups.shape to stream, or describe it in a system of its own`;
  return [{ path: [...path, 'type'], message }];
}

/** Secrets are among a namespace's objects, and without a namespace there are none. */
function kubernetesProblems(
  { path, fields }: Part<Source>,
  backups: Part<BackupPolicy>,
  root: Record<string, unknown>,
): Finding[] {
  if (fields['type'] !== 'kubernetes') return [];
  const findings: Finding[] = [];
  if (backups.fields['encryption'] === undefined) {
    const message =
      'holds the Secrets of the namespace and is only stored encrypted; add `backups.encryption` with two age keys of your own (docs/backup.md says how)';
    findings.push({ path: [...path, 'type'], message });
  }
  const { namespaces } = fields;
  if (root['kubernetes'] === undefined && !(Array.isArray(namespaces) && namespaces.length > 0)) {
    const message = 'is missing; add it, or a `kubernetes` section to the system, whose namespace is then taken';
    findings.push({ path: [...path, 'namespaces'], message });
  }
  return findings;
}

function smokeProblems({ path, parsed }: Part<Source>): Finding[] {
  return (parsed?.smoke ?? []).flatMap(({ min, max }, index) => {
    if (min === undefined || max === undefined || min <= max) return [];
    return [{ path: [...path, 'smoke', index, 'min'], message: `is above max (${max}), so no answer can pass` }];
  });
}

const fieldsOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
