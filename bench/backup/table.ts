import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import {
  bareSeconds,
  dumpBytesOf,
  type Figures,
  median,
  medianSeconds,
  nodeCpuPerGB,
  restoreSeconds,
  timeRatio,
} from './figures.js';
import type { RestoreResult } from './restoreSuite.js';
import { ways, type BackupResult, type Run, type Way } from './types.js';

const stored: readonly Way[] = [
  ...(['belay', 'shell', 'belayAge', 'shellAge', 'belayHashes', 'belaySmall', 'restic', 'pgbackrest'] as const),
];
const restored: readonly Way[] = ['readBack', 'rehearseL6'];

const shown = (value: number, unit = ''): string => (Number.isNaN(value) ? '–' : `${rounded(value)}${unit}`);

/** Median, smallest and greatest. */
function spread(runs: readonly Run[] | undefined): string {
  const values = (runs ?? []).map(({ seconds }) => seconds);
  if (values.length === 0) return '–';
  return `${rounded(median(runs, ({ seconds }) => seconds))} (${rounded(Math.min(...values))}–${rounded(Math.max(...values))})`;
}

const absent = (result: BackupResult, way: Way): boolean => (result.runs[way] ?? []).length === 0;

function storedRow(result: BackupResult, way: Way): string[] {
  const runs = result.runs[way];
  if (absent(result, way)) return [ways[way], 'not to be had here', '–', '–', '–', '–', '–'];
  const speed = dumpBytesOf(result, way) / 1e6 / medianSeconds(result, way);
  return [
    ...[ways[way], spread(runs), shown(speed)],
    shown(median(runs, ({ storedBytes }) => storedBytes) / 1e6),
    shown(median(runs, ({ machineCpuSeconds }) => machineCpuSeconds)),
    ...[shown(nodeCpuPerGB(result, way)), shown(median(runs, ({ maxRssMB }) => maxRssMB))],
  ];
}

function parts({ runs }: Figures, way: Way): string {
  const names = [...new Set((runs[way] ?? []).flatMap((run) => Object.keys(run.parts ?? {})))];
  return names
    .filter((name) => /^L\d$/.test(name))
    .map((name) => `${name} ${shown(median(runs[way], (run) => run.parts?.[name]) / 1_000)}`)
    .join(', ');
}

const restoredRow = (result: BackupResult, way: Way): string[] => [
  ...[ways[way], spread(result.runs[way]), parts(result, way) || '–'],
  shown(timeRatio(result, way, 'belay'), ' ×'),
];

function ratios(result: BackupResult): string[] {
  const throughput = (way: Way, other: Way): string => shown(1 / timeRatio(result, way, other), ' ×');
  return [
    `- throughput against the shell pipeline: ${throughput('belay', 'shell')}; both encrypted: ${throughput('belayAge', 'shellAge')}`,
    `- against restic, which encrypts too: ${throughput('belayAge', 'restic')}`,
  ];
}

/** Tables of the backup suite for the docs page. */
export function backupTable(result: BackupResult): string {
  const { dumpBytes, smallDumpBytes, repeats, versions, missing, failures } = result;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = ['Way', 's', 'MB/s of dump', 'stored MB', "machine's CPU, s", "Node's CPU, s/GB", "Node's memory, MB"];
  return [
    `Dump stream of ${shown(dumpBytes / 1e6)} MB (the quarter: ${shown(smallDumpBytes / 1e6)} MB); medians of ${repeats} interleaved rounds, in parentheses the extremes. ${programs.join(', ')}.`,
    table(
      head,
      stored.map((way) => storedRow(result, way)),
    ),
    table(
      ['Verification', 's', 'by level, s', 'of a backup'],
      restored.map((way) => restoredRow(result, way)),
    ),
    ratios(result).join('\n'),
    ...Object.entries(missing).map(([way, why]) => `${way} was not to be had: ${why}`),
    ...(failures.length === 0 ? [] : [`Failed: ${failures.join('; ')}`]),
  ].join('\n\n');
}

/** Table of the restore suite. */
export function restoreTable(result: RestoreResult): string {
  const { dumpBytes, repeats, failures, runs } = result;
  const row = (way: Way): string[] => [ways[way], spread(runs[way]), parts(result, way) || '–'];
  return [
    `Dump stream of ${shown(dumpBytes / 1e6)} MB; medians of ${repeats} interleaved rounds, in parentheses the extremes.`,
    table(['Restore', 's', 'by level, s'], [row('bareRestore'), row('rehearseL5')]),
    `- levels L4 and L5 against \`pg_restore -j2\` by itself: ${shown(restoreSeconds(result) / bareSeconds(result), ' ×')}`,
    ...(failures.length === 0 ? [] : [`Failed: ${failures.join('; ')}`]),
  ].join('\n\n');
}
