import type { BackupEntry } from '../../activities/backup/types.js';
import { table } from '../cli/io.js';
import type { SourceLook } from './look.js';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 GiB` */
export function sizeText(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1_024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `45 s`, `12 min`, `5 h`, `3 d`; from the future `-…`. */
export function durationText(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const size = Math.abs(seconds);
  if (size < 120) return `${sign}${Math.round(size)} s`;
  if (size < 7_200) return `${sign}${Math.round(size / 60)} min`;
  if (size < 172_800) return `${sign}${Math.round(size / 3_600)} h`;
  return `${sign}${Math.round(size / 86_400)} d`;
}

const ago = (iso: string, now: number): string => durationText((now - Date.parse(iso)) / 1_000);
const minutes = (iso: string): string => `${new Date(iso).toISOString().slice(0, 16)}Z`;

/** What a reader must know of a backup beside its level. */
export function marks(entry: BackupEntry, now: number): string {
  const locked = entry.lockedUntil !== undefined && Date.parse(entry.lockedUntil) > now;
  const all = [
    entry.bad ? 'BAD' : '',
    entry.held ? 'held' : '',
    entry.condemnedAt === undefined ? '' : `condemned ${ago(entry.condemnedAt, now)} ago`,
    locked ? `locked until ${minutes(entry.lockedUntil ?? '')}` : '',
    entry.encrypted ? '' : 'not encrypted',
  ];
  return all.filter((mark) => mark !== '').join(', ');
}

/** One line on how fresh a source is. */
export function freshness({ level, maxAgeSeconds, newestGood, ageSeconds, stale }: SourceLook): string {
  if (newestGood === undefined || ageSeconds === undefined) return `NO good backup at ${level} or above`;
  const age = `newest good one (${level} or above) is ${durationText(ageSeconds)} old`;
  return `${age}, ${stale ? 'TOO OLD: ' : ''}${durationText(maxAgeSeconds)} allowed`;
}

/** Everything on one source, for a terminal. Pure; `now` in ms. */
export function lookText(look: SourceLook, now: number): string {
  const title = `${look.source} (${look.type})`;
  if (look.listing === undefined) return `${title}: the store could not be asked: ${look.problem ?? 'unknown'}`;
  const { backups, unreadable, unpublished } = look.listing;
  const rows = backups.map((entry) => [
    entry.id,
    minutes(entry.at),
    ago(entry.at, now),
    sizeText(entry.bytes),
    `${entry.level} ${ago(entry.levelAt, now)} ago`,
    marks(entry, now),
  ]);
  return [
    `${title}: ${freshness(look)}`,
    ...(rows.length > 0 ? [table([['BACKUP', 'RECOVERY POINT', 'AGE', 'SIZE', 'LEVEL', ''], ...rows])] : []),
    ...unreadable.map(({ id, why }) => `${id}  UNREADABLE manifest: ${why}`),
    ...unpublished.map(
      ({ id, lastWriteAt, objects }) =>
        `${id}  not published: ${objects} objects, last written ${ago(lastWriteAt, now)} ago (under way, or left by a run that died)`,
    ),
  ].join('\n');
}
