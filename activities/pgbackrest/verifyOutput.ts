import type { BackupInfo } from './info.js';

/**
 * What is wrong with one backup by the text that `verify --output=text --verbose --log-level-console=detail` printed. pgBackRest exits with
 * 0 although it has found errors, says nothing of a backup whose folder is gone, and calls an archive with
 * a gap valid: so each line that must be there is looked for, and nothing else counts as good. Pure.
 */
export function verifyProblems(output: string, backup: BackupInfo): string[] {
  const labels = [...new Set([...(backup.reference ?? []), backup.label])];
  return [...labels.flatMap((label) => labelProblems(output, label)), ...walProblems(output, backup)];
}

function labelProblems(output: string, label: string): string[] {
  const lines = output.split('\n');
  const at = lines.findIndex((line) => line.trim().startsWith(`backup: ${label},`));
  const line = lines[at];
  if (line === undefined) return [`${label}: the verification does not mention it; its files may be gone`];
  const [, status = 'unknown', checked = '', valid = ''] =
    /status: ([^,]+)(?:, total files checked: (\d+), total valid files: (\d+))?/.exec(line) ?? [];
  const faults = faultsOf(lines[at + 1] ?? '');
  const problems: string[] = [];
  if (status.trim() !== 'valid') problems.push(`is ${status.trim()}`);
  if (!(Number(checked) > 0)) problems.push('has no files that were checked');
  else if (checked !== valid) problems.push(`only ${valid} of ${checked} files are valid`);
  if (faults.length > 0) problems.push(faults.join(', '));
  return problems.length === 0 ? [] : [`${label}: ${problems.join(', ')}`];
}

/** `missing: 1, checksum invalid: 0 …` without the zeros; empty for any other line. */
function faultsOf(line: string): string[] {
  if (!/^\s+(missing|checksum invalid|size invalid|other): /.test(line)) return [];
  return line
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /: [1-9]\d*$/.test(part));
}

/** Consistency needs every segment from the start to the stop of the backup, in one range without a gap. */
function walProblems(output: string, { archive, label }: BackupInfo): string[] {
  const { start, stop } = archive;
  if (start === null || stop === null) return [`${label}: it does not say which WAL it needs`];
  const problems = output
    .split('\n')
    .flatMap((line, index, lines) => (/archiveId: [^,]+, total WAL/.test(line) ? faultsOf(lines[index + 1] ?? '') : []))
    .map((fault) => `WAL archive: ${fault}`);
  const ranges = [...output.matchAll(/wal start: ([0-9A-F]{24}), wal stop: ([0-9A-F]{24})/g)];
  // Names of segments of one timeline sort as they follow each other.
  const covered = ranges.some(
    ([, from = '', to = '']) => from <= start && stop <= to && from.slice(0, 8) === start.slice(0, 8),
  );
  if (!covered)
    problems.push(`WAL archive: not every segment from ${start} to ${stop}, which ${label} needs, is there`);
  return [...new Set(problems)];
}
