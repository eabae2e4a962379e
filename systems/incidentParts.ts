import {
  type AlertRoute,
  alertRouteSchema,
  type EscalationPolicy,
  escalationPolicySchema,
  type EventSource,
  eventSourceSchema,
  type IncidentRule,
  incidentRuleSchema,
  type Incidents,
  incidentsSchema,
  type Level,
  levelSchema,
  type Severity,
  severitySchema,
} from './incidentSchema.js';
import { entries, type Fields, isObject, list, type Named, type Part, part } from './part.js';
import { type Person, personSchema, type Rota, rotaSchema } from './peopleSchema.js';

/** A ladder with its levels one by one. */
export interface PolicyPart extends Named<EscalationPolicy> {
  levels: Part<Level>[];
}

/** The `incidents` section but for what is judged one by one. */
export type IncidentPolicy = Omit<Incidents, 'severities' | 'policies' | 'rules' | 'sources' | 'routes' | 'runbooks'>;

const incidentPolicySchema = incidentsSchema.omit({
  severities: true,
  policies: true,
  rules: true,
  sources: true,
  routes: true,
  runbooks: true,
});

/** What of a description says who is paged, when, and by what. */
export interface IncidentParts {
  people: Named<Person>[];
  rotas: Named<Rota>[];
  /** Undefined when the system describes no incidents. */
  incidents?: Part<IncidentPolicy>;
  severities: Part<Severity>[];
  policies: PolicyPart[];
  rules: Part<IncidentRule>[];
  sources: Named<EventSource>[];
  routes: Part<AlertRoute>[];
  suggested: Part[];
  checklist: Part[];
}

/** Takes those sections apart without relying on any of them. */
export function incidentPartsOf(root: Fields): IncidentParts {
  const all = isObject(root['incidents']) ? root['incidents'] : {};
  const { severities, policies, rules, sources, routes, runbooks, ...rest } = all;
  const at = (field: string) => ['incidents', field];
  return {
    people: entries(root['people'], ['people'], personSchema),
    rotas: entries(root['rotas'], ['rotas'], rotaSchema),
    ...(root['incidents'] !== undefined && { incidents: part(rest, ['incidents'], incidentPolicySchema) }),
    severities: list(severities, at('severities'), severitySchema),
    policies: entries(policies, at('policies'), escalationPolicySchema).map((policy) => ({
      ...policy,
      levels: list(policy.fields['levels'], [...policy.path, 'levels'], levelSchema),
    })),
    rules: list(rules, at('rules'), incidentRuleSchema),
    sources: entries(sources, at('sources'), eventSourceSchema),
    routes: list(routes, at('routes'), alertRouteSchema),
    suggested: list(runbooks, at('runbooks')),
    checklist: list(all['checklist'], at('checklist')),
  };
}
