import type { BackupEntry } from '../../../activities/backup/types.js';
import { retentionSchema, type Retention } from '../../../systems/backupSchema.js';

export const DAY = 86_400_000;
/** A Saturday. */
export const NOW = Date.parse('2026-11-21T12:00:00Z');

/** A good backup, `days` old. */
export function entry(days: number, more: Partial<BackupEntry> = {}): BackupEntry {
  const at = new Date(NOW - days * DAY).toISOString();
  return {
    id: `b${days}`,
    system: 'shop',
    source: 'orders',
    type: 'postgres',
    identity: 'server-1',
    at,
    publishedAt: at,
    bytes: 1_000,
    level: 'L5',
    levelAt: at,
    bad: false,
    held: false,
    encrypted: false,
    ...more,
  };
}

export const policy = (rule: Partial<Retention>): Retention => retentionSchema.parse({ keepLast: 1, ...rule });
