import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Registered by `belay setup` and by the sandbox; `belay list-runs` and the UI filter by them. */
export const attributes = {
  runbook: defineSearchAttributeKey('BelayRunbook', SearchAttributeType.KEYWORD),
  system: defineSearchAttributeKey('BelaySystem', SearchAttributeType.KEYWORD),
  target: defineSearchAttributeKey('BelayTarget', SearchAttributeType.KEYWORD_LIST),
  outcome: defineSearchAttributeKey('BelayOutcome', SearchAttributeType.KEYWORD),
  severity: defineSearchAttributeKey('BelaySeverity', SearchAttributeType.KEYWORD),
  /** Of an incident: triggered, acknowledged, snoozed, resolved, merged. */
  state: defineSearchAttributeKey('BelayState', SearchAttributeType.KEYWORD),
  /** Of an incident: when it acts next if nothing happens. One that lies in the past is overdue. */
  nextDeadline: defineSearchAttributeKey('BelayNextDeadline', SearchAttributeType.DATETIME),
  requestedBy: defineSearchAttributeKey('BelayRequestedBy', SearchAttributeType.KEYWORD),
};
