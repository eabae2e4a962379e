import { z } from 'zod';
import { digestOf } from './canonical.js';
import type { BackupRun, BackupTarget, Draft, ExternalBackup } from './types.js';

/** Highest format that this version reads, and the one that it writes. */
export const FORMAT_VERSION = 1;

const time = z.iso.datetime({ offset: true });
const count = z.number().min(0);
const text = z.string().min(1);
const level = z.enum(['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6']);

const objectSchema = z.object({
  name: text,
  key: text,
  versionId: text.optional(),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  storeChecksum: text.optional(),
  partBytes: count,
  compression: z.enum(['zstd', 'none']),
  encryption: z.enum(['age', 'none']),
  lockedUntil: time.optional(),
});

const externalSchema = z.object({
  kind: z.enum(['rds-snapshot', 'pgbackrest']),
  id: text,
  bytes: count.optional(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const manifestSchema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  id: text,
  system: text,
  source: text,
  type: z.enum(['postgres', 'mongodb', 'redis', 'sqlite', 'folder', 'kubernetes', 'rds', 'pgbackrest']),
  /** Tells the source from another that has its name. */
  identity: text,
  /** The whole request with defaults filled in: source, policy. References to secrets, no values. */
  request: z.object({ source: z.record(z.string(), z.unknown()), policy: z.record(z.string(), z.unknown()) }),
  run: z.object({ workflowId: text, runId: text, runbook: text, requestedBy: z.string(), reason: z.string() }),
  attempt: z.int().min(1),
  serverVersion: z.string(),
  tools: z.record(z.string(), z.string()),
  estimatedBytes: count.optional(),
  plainBytes: count.optional(),
  startedAt: time,
  endedAt: time,
  publishedAt: time,
  recoveryPoint: z.object({ at: time, position: text.optional() }),
  objects: z.array(objectSchema),
  external: externalSchema.optional(),
  contents: z.object({ items: count, rows: count, digest: text }),
  /** Level for which contents were taken; L6 says that they have hashes. */
  contentsLevel: level,
  excluded: z.array(z.object({ name: z.string(), why: z.string() })),
  warnings: z.array(z.string()),
  /** sha256 over the canonical JSON of all other members. */
  checksum: z.string(),
});

type Loose = z.output<typeof manifestSchema>;
/** What makes a set of objects a backup. Create-only, written last. */
export type Manifest = Omit<Loose, 'objects' | 'external' | 'recoveryPoint' | 'run' | 'estimatedBytes' | 'plainBytes'> &
  Pick<Draft, 'objects' | 'external' | 'recoveryPoint' | 'plainBytes'> & { run: BackupRun; estimatedBytes?: number };

/** The manifest of a draft. `publishedAt` is ISO. Pure. */
export function manifestOf(target: BackupTarget, draft: Draft, run: BackupRun, publishedAt: string): Manifest {
  const { facts } = draft;
  const body: Omit<Manifest, 'checksum'> = {
    formatVersion: FORMAT_VERSION,
    id: draft.backupId,
    system: target.system,
    source: target.source.name,
    type: target.source.type,
    identity: facts.identity,
    request: { source: { ...target.source }, policy: { ...target.policy } },
    run,
    attempt: draft.attempt,
    serverVersion: facts.serverVersion,
    tools: facts.tools,
    ...(facts.estimatedBytes !== undefined && { estimatedBytes: facts.estimatedBytes }),
    ...(draft.plainBytes !== undefined && { plainBytes: draft.plainBytes }),
    startedAt: draft.startedAt,
    endedAt: draft.endedAt,
    publishedAt,
    recoveryPoint: draft.recoveryPoint,
    objects: draft.objects,
    ...(draft.external && { external: draft.external }),
    contents: draft.contents,
    contentsLevel: target.policy.verify,
    excluded: draft.excluded,
    warnings: facts.warnings,
  };
  return { ...body, checksum: digestOf(body) };
}

/**
 * Reads a manifest from stored bytes. What it says is used only when its own checksum matches. `key` is where it was found: a
 * manifest of another backup that was copied there is not accepted. Pure.
 */
export function parseManifest(
  bytes: Uint8Array,
  expected: { system: string; source: string; id: string },
): { manifest: Manifest } | { unreadable: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { unreadable: `it is not JSON (${bytes.length} bytes): cut off or overwritten` };
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { unreadable: 'it is not a JSON object' };
  const { checksum, ...body } = raw as Record<string, unknown>;
  if (typeof body['formatVersion'] === 'number' && body['formatVersion'] > FORMAT_VERSION) {
    const version = body['formatVersion'];
    return {
      unreadable: `it has format ${version}, this version of Belay reads up to ${FORMAT_VERSION}; use a newer one`,
    };
  }
  if (checksum !== digestOf(body)) return { unreadable: 'it does not match its own checksum: it was changed' };
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { unreadable: `it lacks what a manifest must have: ${issues.join('; ')}` };
  }
  // Members that are not there are not undefined either: JSON has no undefined.
  const manifest = parsed.data as Manifest;
  const { system, source, id } = manifest;
  if (system !== expected.system || source !== expected.source || id !== expected.id) {
    return { unreadable: `it is the manifest of ${system}/${source}/${id}` };
  }
  return { manifest };
}

/** Reads the note of a vendor's backup; undefined when it is none. Pure. */
export function parseExternal(bytes: Uint8Array): ExternalBackup | undefined {
  try {
    const parsed = externalSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? (parsed.data as ExternalBackup) : undefined;
  } catch {
    return undefined;
  }
}

/** Stored bytes of the payloads; the list of contents does not count. */
export function payloadBytes(backup: Pick<Draft, 'objects' | 'external'>): number {
  const stored = backup.objects.filter((object) => object.name !== CONTENTS_NAME);
  return stored.reduce((sum, object) => sum + object.bytes, backup.external?.bytes ?? 0);
}

/** Object that holds the full list of contents. */
export const CONTENTS_NAME = 'contents.json';
