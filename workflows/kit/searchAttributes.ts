import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Registered by `belay setup` and by the sandbox; `belay list-runs` and the UI filter by them. */
export const attributes = {
  runbook: defineSearchAttributeKey('BelayRunbook', SearchAttributeType.KEYWORD),
  system: defineSearchAttributeKey('BelaySystem', SearchAttributeType.KEYWORD),
  target: defineSearchAttributeKey('BelayTarget', SearchAttributeType.KEYWORD_LIST),
  outcome: defineSearchAttributeKey('BelayOutcome', SearchAttributeType.KEYWORD),
  severity: defineSearchAttributeKey('BelaySeverity', SearchAttributeType.KEYWORD),
  requestedBy: defineSearchAttributeKey('BelayRequestedBy', SearchAttributeType.KEYWORD),
};
