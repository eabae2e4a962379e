import type { CommonInput } from '../kit/run.js';

/** Input of an incident, from a person, another runbook, or the gateway. */
export interface IncidentInput extends CommonInput {
  title: string;
  /** One of `incidents.severities`; the last when left out. */
  severity?: string;
  /** Instead of the severity's own. */
  policy?: string;
  service?: string;
  kind: 'operational' | 'security';
  /** Routing rule that opened it; absent when a person did. */
  rule?: string;
  /** Values of the rule's `groupBy` labels. */
  groupKey?: string;
  /** Workflow id of the storm that this one is gathered under: it pages nobody itself. */
  storm?: string;
  /** It is a storm: it gathers others. */
  isStorm: boolean;
}
