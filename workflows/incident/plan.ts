import type { OncallSnapshot } from '../../activities/oncall/types.js';
import type { EscalationPolicy, Incidents, Severity } from '../../systems/incidentSchema.js';
import type { System } from '../../systems/schema.js';

/** What an incident needs of its system: a snapshot, so that an edit of the description never changes a ladder half-way. */
export interface IncidentPlan {
  system: string;
  title: string;
  environment: string;
  incidents: Incidents;
  people: System['people'];
  rotas: System['rotas'];
  channels: System['channels'];
  systemHash: string;
}

/** Undefined when the system describes no incidents. */
export function planOf(system: System, systemHash: string): IncidentPlan | undefined {
  const { name, title, environment, incidents, people, rotas, channels } = system;
  return incidents && { system: name, title, environment, incidents, people, rotas, channels, systemHash };
}

export const oncallOf = ({ system, people, rotas, channels }: IncidentPlan): OncallSnapshot => ({
  system,
  people,
  rotas,
  channels,
});

/** The mildest severity, for what names none. */
export function mildest(plan: IncidentPlan): Severity {
  const last = plan.incidents.severities.at(-1);
  if (!last) throw new TypeError('a plan without severities');
  return last;
}

export const severityOf = (plan: IncidentPlan, id: string): Severity =>
  plan.incidents.severities.find((one) => one.id === id) ?? mildest(plan);

/** 0 is the worst. Unknown ones are as mild as the mildest. */
export function rank(plan: IncidentPlan, id: string): number {
  const at = plan.incidents.severities.findIndex((one) => one.id === id);
  return at === -1 ? plan.incidents.severities.length - 1 : at;
}

export function policyOf(plan: IncidentPlan, id: string): EscalationPolicy {
  const policy = plan.incidents.policies[id];
  if (!policy) throw new TypeError(`a plan without the policy ${id}`);
  return policy;
}
