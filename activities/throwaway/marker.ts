import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ProcessMark } from './process.js';

const MARKER = 'throwaway.json';

const processSchema = z.object({ pid: z.int().min(2), identity: z.string().min(1) });

const markerSchema = z.object({
  belay: z.literal('throwaway'),
  kind: z.string(),
  run: z.object({ workflowId: z.string(), runId: z.string() }),
  host: z.string(),
  /** The worker that made it. */
  worker: processSchema,
  /** ISO. */
  createdAt: z.string(),
  servers: z.array(processSchema),
});

/** What says that a folder is a throwaway of ours, and which processes belong to it. */
export interface Marker {
  belay: 'throwaway';
  kind: string;
  run: { workflowId: string; runId: string };
  host: string;
  worker: ProcessMark;
  createdAt: string;
  servers: ProcessMark[];
}

/** Replaces the marker in one step: a reader never sees half of it. */
export async function writeMarker(folder: string, marker: Marker): Promise<void> {
  const temporary = path.join(folder, `.${randomUUID()}`);
  await writeFile(temporary, JSON.stringify(marker), { mode: 0o600 });
  await rename(temporary, path.join(folder, MARKER));
}

/** The marker of a folder; undefined when it has none of ours. */
export async function readMarker(folder: string): Promise<Marker | undefined> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(path.join(folder, MARKER), 'utf8')));
  } catch {
    return undefined;
  }
}
