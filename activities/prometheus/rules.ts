import { parser } from '@prometheus-io/lezer-promql';
import { z } from 'zod';
import type { PrometheusClient } from './client.js';
import type { AlertRule, Comparison } from './types.js';

const MAX_RULES = 1_000;
const QUERY_MAX = 2_000;

/** https://prometheus.io/docs/prometheus/latest/querying/api/#rules */
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      interval: z.number(),
      rules: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          query: z.string(),
          duration: z.number().default(0),
          keepFiringFor: z.number().default(0),
          labels: z.record(z.string(), z.string()).default({}),
          health: z.string().default('unknown'),
        }),
      ),
    }),
  ),
});

const OPERATORS: Record<string, Comparison['op']> = { Gtr: '>', Gte: '>=', Lss: '<', Lte: '<=' };

/** `left op number`, when the whole expression is that. Pure. */
export function comparisonOf(query: string): Comparison | undefined {
  const node = parser.parse(query).topNode.firstChild;
  if (node?.name !== 'BinaryExpr' || node.getChild('BoolModifier') !== null) return undefined;
  const found = Object.entries(OPERATORS).find(([name]) => node.getChild(name) !== null);
  const [left, right] = [node.firstChild, node.lastChild];
  if (!found || !left || !right) return undefined;
  const text = query.slice(right.from, right.to).trim();
  const value = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { left: query.slice(left.from, left.to), op: found[1], value } : undefined;
}

/** See `AlertReviewActivities.readAlertRules`. */
export async function readAlertRules(client: PrometheusClient): Promise<{ rules: AlertRule[]; cut: boolean }> {
  const { groups } = await client.get(rulesSchema, '/rules?type=alert');
  const rules = groups.flatMap((group) =>
    group.rules
      .filter(({ type }) => type === 'alerting')
      .map((rule): AlertRule => {
        const comparison = comparisonOf(rule.query);
        return {
          name: rule.name,
          group: group.name,
          file: group.file.split('/').at(-1) ?? group.file,
          query: rule.query.slice(0, QUERY_MAX),
          forSeconds: rule.duration,
          keepFiringForSeconds: rule.keepFiringFor,
          labels: rule.labels,
          intervalSeconds: group.interval,
          health: rule.health,
          ...(comparison && { comparison }),
        };
      }),
  );
  return { rules: rules.slice(0, MAX_RULES), cut: rules.length > MAX_RULES };
}
