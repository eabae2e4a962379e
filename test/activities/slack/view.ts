import type { IncidentView, TimelineEntry } from '../../../workflows/incident/types.js';

export const OPENED = Date.parse('2026-11-21T10:05:00Z');
const MINUTE = 60_000;

/** An open incident that nobody has answered. */
export const incident = (more: Partial<IncidentView> = {}): IncidentView => ({
  ...{ incident: 'incident/shop/checkout/0123456789abcdef', title: 'Checkout is down', system: 'shop' },
  ...{ kind: 'operational', severity: 'P1', phase: 'triggered', exhausted: false, flapping: false },
  ...{ openedAt: OPENED, triggeredAt: OPENED, level: 0, levelName: 'On call', nextLevelAt: OPENED + 15 * MINUTE },
  ...{ nextUpdateAt: OPENED + 15 * MINUTE, firing: 1, reopened: 0, checklist: [], runs: [] },
  alerts: [{ name: 'CheckoutDown', status: 'firing', summary: 'No order for 3 minutes', since: OPENED - MINUTE }],
  suggested: [{ title: 'Restart the checkout', url: 'https://runbooks.example/checkout', runbook: 'restart' }],
  clocks: [{ phase: 'acknowledge', dueAt: OPENED + 5 * MINUTE, emitted: [] }],
  ...more,
});

/** Entries numbered from `first`. */
export const entries = (count: number, first = 1, text = 'paged ada'): TimelineEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ n: first + index, at: OPENED + index * 1_000, kind: 'page' as const, text },
    actor: { id: 'ada', via: 'slack' as const, person: 'ada' },
  }));
