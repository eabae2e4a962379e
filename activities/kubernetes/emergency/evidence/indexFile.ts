import { z } from 'zod';
import type { EvidenceFolder } from './folder.js';

export const INDEX = 'index.json';

const schema = z.object({ pods: z.number(), bytes: z.number(), problems: z.array(z.string()) });

/** What a finished collection says of itself; undefined when there is none, or none that can be read. */
export async function readIndex(folder: EvidenceFolder): Promise<z.infer<typeof schema> | undefined> {
  const text = await folder.read(INDEX);
  return text === undefined ? undefined : parseIndex(text);
}

export function parseIndex(text: string): z.infer<typeof schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
