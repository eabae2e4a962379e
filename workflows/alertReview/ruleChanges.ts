import type { EarlierRules, RuleMark } from '../../activities/alertReview/types.js';
import type { AlertRule } from '../../activities/prometheus/types.js';
import { hashOf } from '../kit/hash.js';
import type { RuleChange } from './types.js';

/** A rule's name within its file's groups. */
export const markName = ({ group, name }: Pick<AlertRule, 'group' | 'name'>): string => `${group}/${name}`;

/** What has to change for a rule to count as changed. */
export function markOf(rule: AlertRule): RuleMark {
  const { query, forSeconds, keepFiringForSeconds, labels } = rule;
  return { name: markName(rule), hash: hashOf({ query, forSeconds, keepFiringForSeconds, labels }).slice(0, 16) };
}

/**
 * When a rule changed last, as far as earlier reviews (the newest first) saw it: between two of them. Prometheus itself does not know.
 * Rules that share name and group are taken as one. Pure.
 */
export function ruleChange(mark: RuleMark, now: string, earlier: readonly EarlierRules[]): RuleChange {
  let by = now;
  for (const { at, rules } of earlier) {
    const then = rules.filter(({ name }) => name === mark.name);
    if (!then.some(({ hash }) => hash === mark.hash)) return { after: at, by };
    by = at;
  }
  return { since: by };
}
