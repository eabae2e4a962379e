import { z } from 'zod';
import type { EvidenceStore } from '../evidence/store.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import type { EarlierRules } from './types.js';

const REVIEWS = 20;
/** Reports that are looked at: other systems have reviews too. */
const LOOKS = 400;

/** Step of a review that notes the rules. A public contract: kept reports have it. */
const RULES_STEP = 'Read the rules';

const reportSchema = z.object({
  system: z.string(),
  endedAt: z.string(),
  steps: z.array(z.object({ name: z.string(), evidence: z.unknown().optional() })),
});
const marksSchema = z.object({ rules: z.array(z.object({ name: z.string(), hash: z.string() })) });

function rulesOf(text: string, system: string): EarlierRules | undefined {
  const report = reportSchema.safeParse(JSON.parse(text));
  if (!report.success || report.data.system !== system) return undefined;
  const marks = marksSchema.safeParse(report.data.steps.find(({ name }) => name === RULES_STEP)?.evidence);
  return marks.success ? { at: report.data.endedAt, rules: marks.data.rules } : undefined;
}

/** See `ReviewActivities.listEarlierRules`. */
export async function listEarlierRules(store: EvidenceStore, { system }: { system: string }): Promise<EarlierRules[]> {
  const stored = await store.list('alertReview/', Number.MAX_SAFE_INTEGER);
  const found: EarlierRules[] = [];
  for (const { key } of stored.filter((one) => one.key.endsWith('.json')).slice(0, LOOKS)) {
    await throwIfCancelled();
    const text = await store.read(key);
    const rules = text === undefined ? undefined : rulesOf(text, system);
    if (rules && found.push(rules) >= REVIEWS) break;
  }
  return found;
}
