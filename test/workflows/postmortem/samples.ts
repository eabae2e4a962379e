import type { IncidentView, TimelineEntry } from '../../../workflows/incident/types.js';
import type { DraftInput } from '../../../workflows/postmortem/draft.js';
import type { Facts } from '../../../workflows/postmortem/input.js';

/** 03:00:00 UTC; the incident is opened two minutes after its first alert. */
export const T0 = Date.parse('2026-11-21T03:00:00Z');
const MIN = 60_000;

export const view = (more: Partial<IncidentView> = {}): IncidentView => ({
  incident: 'incident/shop/checkout/00112233',
  title: 'Checkout fails',
  system: 'shop',
  kind: 'operational',
  severity: 'P1',
  phase: 'resolved',
  exhausted: false,
  flapping: false,
  openedAt: T0 + 2 * MIN,
  triggeredAt: T0,
  resolvedAt: T0 + 62 * MIN,
  owner: 'ada',
  ackedAt: T0 + 8 * MIN,
  firstHumanAckAt: T0 + 8 * MIN,
  level: 0,
  levelName: 'on call',
  firing: 0,
  alerts: [{ name: 'HighErrors', status: 'resolved', since: T0, summary: 'Many errors' }],
  suggested: [],
  clocks: [
    { phase: 'acknowledge', dueAt: T0 + 17 * MIN, emitted: [], doneAt: T0 + 8 * MIN },
    {
      phase: 'resolve',
      dueAt: T0 + 32 * MIN,
      emitted: [50, 80, 100],
      doneAt: T0 + 62 * MIN,
      breachedAt: T0 + 32 * MIN,
    },
  ],
  runs: [],
  checklist: [],
  reopened: 0,
  ...more,
});

export const entry = (n: number, kind: TimelineEntry['kind'], text: string): TimelineEntry => ({
  n,
  at: T0 + (2 + n) * MIN,
  kind,
  text,
});

export const entries: TimelineEntry[] = [
  entry(0, 'alert', '1 firing: HighErrors'),
  entry(1, 'ladder', 'Level 1 (on call): opened'),
  entry(2, 'page', 'Paged: ada'),
  { ...entry(6, 'action', 'ada has acknowledged'), actor: { id: 'ada', via: 'slack', person: 'ada' } },
  entry(32, 'clock', '"resolve" has missed its target of 30 min'),
  { ...entry(60, 'action', 'ada resolves'), actor: { id: 'ada', via: 'cli' } },
];

export const facts = (more: Partial<IncidentView> = {}): Facts => ({ view: view(more), entries, stored: [] });

export const draftInput = (more: Partial<DraftInput> = {}): DraftInput => ({
  ...facts(),
  title: 'Checkout fails',
  severity: 'P1',
  endedAt: T0 + 62 * MIN,
  dueAt: T0 + 62 * MIN + 48 * 60 * MIN,
  unread: [],
  ...more,
});
