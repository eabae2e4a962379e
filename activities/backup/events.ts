import { z } from 'zod';
import { canonical } from './canonical.js';
import type { BackupEvent } from './types.js';

const eventSchema = z.object({
  at: z.iso.datetime({ offset: true }),
  kind: z.enum(['verified', 'bad', 'condemned', 'reprieved', 'hold', 'release']),
  level: z.enum(['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6']).optional(),
  detail: z.string(),
  workflowId: z.string(),
});

/** The stored form of an event. */
export const eventText = (event: BackupEvent): string => canonical(event);

/** Reads a stored event; undefined when it is none. Pure. */
export function parseEvent(bytes: Uint8Array): BackupEvent | undefined {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? (parsed.data as BackupEvent) : undefined;
  } catch {
    return undefined;
  }
}
