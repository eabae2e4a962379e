import { z } from 'zod';
import { canonical, digestOf } from '../../backup/canonical.js';
import { RESOURCES } from './resources.js';
import type { SavedKind, Snapshot } from './types.js';

const FORMAT_VERSION = 1;

const text = z.string().min(1);
const values = z.record(z.string(), z.json());

const objectSchema = z.looseObject({
  ref: z.looseObject({
    kind: z
      .string()
      .refine((kind): kind is SavedKind => Object.hasOwn(RESOURCES, kind), 'a kind that Belay does not know'),
    apiVersion: text,
    namespace: text,
    name: text,
    uid: text,
  }),
  role: z.enum(['workload', 'waker', 'route']),
  tier: z.string().optional(),
  target: z.string().optional(),
  fields: values,
  facts: values,
});

const snapshotSchema = z.looseObject({
  formatVersion: z.literal(FORMAT_VERSION),
  id: text,
  system: text,
  place: z.looseObject({ context: z.string().optional(), namespace: text }),
  takenAt: z.iso.datetime({ offset: true }),
  run: z.looseObject({ workflowId: z.string(), runId: z.string(), actor: z.string(), reason: z.string() }),
  objects: z.array(objectSchema),
  surroundings: z.looseObject({
    services: z.array(z.looseObject({ name: text, readyEndpoints: z.number() })),
    runningJobs: z.array(z.looseObject({ name: text, active: z.number(), cronJob: z.string().optional() })),
    budgets: z.array(z.looseObject({ name: text, disruptionsAllowed: z.number() })),
  }),
});

/** A snapshot whose text was whole, with that text. */
export interface Whole {
  snapshot: Snapshot;
  /** sha256 of the snapshot's canonical JSON, hex. */
  digest: string;
  text: string;
}

/** What both copies hold: the snapshot in canonical JSON, with its digest. Pure. */
export function wholeOf(snapshot: Snapshot): Whole {
  const digest = digestOf(snapshot);
  return { snapshot, digest, text: canonical({ digest, snapshot }) };
}

/**
 * Reads the text of a copy. It counts only when the snapshot has the digest that the copy itself names, the one that was noted
 * elsewhere if it was, the right shape, and belongs where it was found. Pure.
 */
export function parseSnapshot(
  copy: string,
  expected: { id: string; system: string; namespace: string; digest?: string | undefined },
): Whole | { unreadable: string } {
  const raw = jsonOf(copy);
  if (typeof raw !== 'object' || raw === null) return { unreadable: 'is not whole: cut off or overwritten' };
  const { digest, snapshot } = raw as { digest?: unknown; snapshot?: { formatVersion?: unknown } | null };
  if (snapshot === undefined || digest !== digestOf(snapshot)) return { unreadable: 'does not match its own digest' };
  if (expected.digest !== undefined && digest !== expected.digest)
    return { unreadable: 'has another digest than the one that was noted when it was taken' };
  const version = snapshot?.formatVersion;
  if (typeof version === 'number' && version > FORMAT_VERSION)
    return { unreadable: `has format ${version}, this version of Belay reads ${FORMAT_VERSION}: use a newer one` };
  const parsed = snapshotSchema.safeParse(snapshot);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { unreadable: `lacks what a snapshot must have: ${issues.join('; ')}` };
  }
  const { id, system, place } = parsed.data;
  if (id !== expected.id || system !== expected.system || place.namespace !== expected.namespace)
    return {
      unreadable: `is snapshot ${id} of ${system} in namespace ${place.namespace}, which does not belong there`,
    };
  // JSON has no undefined: what is optional in the schema is there or it is not.
  return { snapshot: snapshot as Snapshot, digest, text: copy };
}

function jsonOf(copy: string): unknown {
  try {
    return JSON.parse(copy);
  } catch {
    return undefined;
  }
}
