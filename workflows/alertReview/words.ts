import type { Verdict } from './judge.js';
import type { Effect, Proposal } from './types.js';

/** A person on call should not have more than two incidents in a shift of twelve hours (Site Reliability Engineering, chapter 11). */
const SHIFT_DAYS = 0.5;
const BEARABLE = 2;

const effect = ({ firings, falsePositives, pages }: Effect): string =>
  `${firings} firings, ${falsePositives} for nothing, ${pages} pages`;

/** One line for a proposal. Pure. */
export const titleOf = ({ alert, change, before, after }: Proposal): string =>
  `${alert}: ${change} (${effect(before)} → ${effect(after)})`;

/** One line for the review. Pure. */
export function summaryOf({ histories, figures, proposals }: Verdict, days: number): string {
  const sum = (values: number[]) => values.reduce((all, one) => all + one, 0);
  const firings = sum(figures.map((one) => one.firings));
  const useless = sum(figures.map((one) => one.falsePositives));
  const incidents = new Set(
    histories.flatMap((one) => one.incidents.map(({ incident, openedAt }) => `${incident} ${openedAt}`)),
  );
  const perShift = incidents.size / (days / SHIFT_DAYS);
  const load = `${perShift.toFixed(1)} incidents per 12 h${perShift > BEARABLE ? ` (more than ${BEARABLE}, which a person can bear)` : ''}`;
  const kinds = [...new Set(proposals.map(({ kind }) => kind))].join(', ');
  const proposed = proposals.length === 0 ? 'nothing to propose' : `${proposals.length} proposals (${kinds})`;
  return `${figures.length} alerts fired ${firings} times in ${days} days, ${useless} times for nothing; ${load}; ${proposed}`;
}
