import { z } from 'zod';

const backupSchema = z.object({
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  prior: z.string().nullable().default(null),
  reference: z.array(z.string()).nullable().default(null),
  /** Page checksums were wrong while it was taken. */
  error: z.boolean().nullable().default(false),
  annotation: z.record(z.string(), z.string()).optional(),
  archive: z.object({ start: z.string().nullable(), stop: z.string().nullable() }),
  lsn: z.object({ start: z.string(), stop: z.string() }).optional(),
  timestamp: z.object({ start: z.number(), stop: z.number() }),
  database: z.object({ id: z.number(), 'repo-key': z.number() }),
  info: z.object({
    size: z.number(),
    repository: z.object({ size: z.number().optional(), delta: z.number().optional() }),
  }),
});

const stanzaSchema = z.object({
  name: z.string(),
  status: z.object({
    code: z.number(),
    message: z.string(),
    lock: z.object({ backup: z.object({ held: z.boolean() }) }).optional(),
  }),
  db: z.array(z.object({ id: z.number(), 'repo-key': z.number(), 'system-id': z.string(), version: z.string() })),
  backup: z.array(backupSchema),
});

export type BackupInfo = z.output<typeof backupSchema>;

/** What `info` says of a stanza, of one of its repositories. */
export interface StanzaInfo {
  status: { code: number; message: string; busy: boolean };
  /** Oldest first. */
  backups: BackupInfo[];
  /** The database as it is now: the last one of a repository that has seen upgrades. */
  systemId: string;
  version: string;
}

/** Reads the output of `info --output=json`. Undefined when the stanza is not in it. Throws when it is not what it should be. */
export function parseInfo(text: string, stanza: string, repo: number): StanzaInfo | undefined {
  // System identifiers have more digits than a number of JavaScript holds.
  const exact = text.replaceAll(/("system-id":)(\d+)/g, '$1"$2"');
  const found = z
    .array(z.unknown())
    .parse(JSON.parse(exact))
    .find((one) => (one as { name?: unknown }).name === stanza);
  if (found === undefined) return undefined;
  const { status, db, backup } = stanzaSchema.parse(found);
  const present = db.filter((one) => one['repo-key'] === repo).at(-1);
  return {
    status: { code: status.code, message: status.message, busy: status.lock?.backup.held ?? false },
    backups: backup.filter(({ database }) => database['repo-key'] === repo),
    systemId: present?.['system-id'] ?? '',
    version: present?.version ?? '',
  };
}

/** Label of the full backup that a backup needs; backups with the same one form a chain. */
export const chainOf = (label: string): string => label.split('_')[0] ?? label;

/** Backups that cannot be restored without this one. */
export function dependents(backups: readonly BackupInfo[], label: string): string[] {
  return backups.filter((one) => one.label !== label && (one.reference ?? []).includes(label)).map((one) => one.label);
}
