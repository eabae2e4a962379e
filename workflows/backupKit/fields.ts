import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import type { InputProblem } from '../kit/runbook.js';

const text = (max: number) => z.string().trim().min(1).max(max);

/** Fields that every backup runbook's input has. Catalogue only: the workflow bundle holds no zod. */
export const common = {
  system: text(63),
  reason: text(500),
  requestedBy: text(200),
  dryRun: z.boolean().default(false),
};

/** Of runs that may belong to an incident; see `kit/incidentLink.ts`. */
export const incident = text(1_000)
  .optional()
  .describe(
    'Incident that this belongs to. By its workflow id it is told of start and end; a ticket number only stands in the report',
  );

/** What to do when another run holds a source. */
export const busy = {
  onBusy: z.enum(['fail', 'wait']).default('fail').describe('When another run holds a source'),
  busyTimeoutSeconds: z.int().min(1).max(86_400).default(3_600),
};

export const sourceName = text(63).describe('Name of a source in `backups.sources`');

/** Id of a backup as `belay backups` lists it: UTC time and a random part. */
export const backupId = z
  .string()
  .regex(
    /^\d{8}T\d{6}Z-[0-9a-f]{8}$/,
    'must be the id of a backup, e.g. 20261121T020000Z-1a2b3c4d; see `belay backups`',
  );

/** A name for restored data: what Postgres, MongoDB, file systems and Kubernetes all take. */
export const newName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,50}$/, 'must start with a letter and hold only a-z, 0-9, "_" and "-", at most 51');

/** Sources that the system does not have, and names given twice. */
export function unknownSources(names: readonly string[], path: string, system: System): InputProblem[] {
  const known = system.backups?.sources.map((source) => source.name) ?? [];
  return names.flatMap((name, index) => {
    const at = path === 'source' ? path : `${path}[${index}]`;
    if (!known.includes(name))
      return [
        { path: at, message: `"${name}" is not a source of ${system.name}; it has ${known.join(', ') || 'none'}` },
      ];
    return names.indexOf(name) === index ? [] : [{ path: at, message: `"${name}" is named twice` }];
  });
}

/** Meanings of failure types that all of them can end with. */
export const commonFailures = {
  InvalidInput: 'The input is wrong; every problem is listed. Nothing was touched.',
  PreflightFailed: 'A check before the first write failed; all failed checks are listed. Nothing was touched.',
  TargetBusy: 'Another run holds the source. Nothing was touched.',
  Aborted: 'Stopped by a person or a cancel; what was half-done was removed.',
  StepFailed: 'A step failed for good for another reason; the message names it.',
};
