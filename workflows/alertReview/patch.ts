import { grouped } from './histories.js';
import type { AlertHistory, Proposal } from './types.js';

/** Excerpts of configuration files that hold what is proposed: for people to take over, never written to any server. */
export interface Patches {
  /** Groups of Prometheus rules: the changed fields of each, with what identifies it. */
  rules?: { groups: { name: string; rules: Record<string, unknown>[] }[] };
  /** Inhibit rules of Alertmanager. */
  inhibit?: { inhibit_rules: object[] };
}

/** Of several changes to one rule the one that spares the most; they were replayed one by one, not together. */
function best(proposals: readonly Proposal[]): Proposal[] {
  const changes = proposals.filter(({ rule }) => rule !== undefined);
  const spared = ({ before, after }: Proposal) => before.firings - after.firings;
  return grouped(changes, ({ alert }) => alert).flatMap((all) =>
    all.toSorted((a, b) => spared(b) - spared(a)).slice(0, 1),
  );
}

/** Pure. */
export function patchesOf(proposals: readonly Proposal[], histories: readonly AlertHistory[]): Patches {
  const groups = new Map<string, Record<string, unknown>[]>();
  for (const { alert, rule: change } of best(proposals)) {
    const rule = histories.find((one) => one.alert === alert)?.rule;
    if (!rule || !change) continue;
    const entry = {
      alert: rule.name,
      expr: change.expr ?? rule.query,
      for: change.for ?? `${rule.forSeconds}s`,
      ...((change.keep_firing_for !== undefined || rule.keepFiringForSeconds > 0) && {
        keep_firing_for: change.keep_firing_for ?? `${rule.keepFiringForSeconds}s`,
      }),
      ...(Object.keys(rule.labels).length > 0 && { labels: rule.labels }),
    };
    groups.set(rule.group, [...(groups.get(rule.group) ?? []), entry]);
  }
  const inhibits = proposals.flatMap(({ inhibit }) => inhibit ?? []);
  return {
    ...(groups.size > 0 && { rules: { groups: [...groups].map(([name, rules]) => ({ name, rules })) } }),
    ...(inhibits.length > 0 && { inhibit: { inhibit_rules: inhibits } }),
  };
}
