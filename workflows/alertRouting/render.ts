import type { AlertRouteNode, RoutingConfiguration } from '../../activities/alertmanager/types.js';
import type { AlertRoute, IncidentRule } from '../../systems/incidentSchema.js';
import type { System } from '../../systems/schema.js';
import { channelReceiver, gatewayReceiver, type Receiver, type SecretFile } from './receivers.js';

export interface Rendered {
  config: RoutingConfiguration;
  files: SecretFile[];
  warnings: string[];
  /** Why it cannot be rendered; empty when it can. */
  problems: string[];
}

/** Receiver of what no route takes, where there is no gateway: nobody is told. */
const NOBODY = 'nobody';

/** `90s`, `5m`, `24h`: as Alertmanager writes durations of one unit. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  return seconds > 0 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** A label's regular expression as a matcher; one that has nothing special in it as an equality. */
export function matcher(label: string, regex: string): string {
  const operator = /^[\w \-/:@,;<>=%#&!~']*$/.test(regex) ? '=' : '=~';
  return `${label}${operator}${JSON.stringify(regex)}`;
}

const matchers = (match: Record<string, string>): string[] =>
  Object.entries(match).map(([label, regex]) => matcher(label, regex));

const named = (match: Record<string, string>) => {
  const list = matchers(match);
  return list.length === 0 ? {} : { matchers: list };
};

const ruleRoute = (rule: IncidentRule): AlertRouteNode => ({ ...named(rule.match), group_by: rule.groupBy });

const otherRoute = (route: AlertRoute): AlertRouteNode => ({
  receiver: route.receiver,
  ...named(route.match),
  group_by: route.groupBy,
  group_wait: duration(route.groupWaitSeconds),
  group_interval: duration(route.groupIntervalSeconds),
  repeat_interval: duration(route.repeatIntervalSeconds),
});

/** Source of the gateway that the configuration is for: the named one, else the only one. */
export function sourceOf(system: System, wanted: string | undefined): { id: string; token: string } | undefined {
  const all = Object.entries(system.incidents?.sources ?? {}).flatMap(([id, source]) =>
    source.type === 'alertmanager' ? [{ id, token: source.tokens[0] ?? '' }] : [],
  );
  return wanted === undefined ? all[0] : all.find(({ id }) => id === wanted);
}

/** An Alertmanager configuration of a system's description: first everything to Belay, grouped as its rules say, then the other routes. Pure. */
export function renderRouting(system: System, wanted?: string): Rendered {
  const { incidents } = system;
  const source = sourceOf(system, wanted);
  const gateway =
    source && incidents?.gateway ? gatewayReceiver(incidents.gateway, source.id, source.token) : undefined;
  const problems: string[] = [];
  const receivers = new Map<string, Receiver>(
    gateway ? [['belay', gateway]] : [[NOBODY, { config: { name: NOBODY }, files: [] }]],
  );
  for (const route of incidents?.routes ?? []) {
    if (receivers.has(route.receiver)) continue;
    const channel = system.channels[route.receiver];
    const receiver =
      route.receiver === 'belay'
        ? 'there is no way to Belay: add `incidents.gateway` and a source of type alertmanager'
        : channel === undefined
          ? `there is no channel "${route.receiver}"`
          : channelReceiver(route.receiver, channel);
    if (typeof receiver === 'string') problems.push(`route ${route.id}: ${receiver}`);
    else receivers.set(route.receiver, receiver);
  }
  const toBelay: AlertRouteNode[] =
    gateway && incidents?.gateway
      ? [
          {
            receiver: 'belay',
            continue: true,
            group_by: ['alertname'],
            group_wait: duration(incidents.gateway.groupWaitSeconds),
            group_interval: duration(incidents.gateway.groupIntervalSeconds),
            repeat_interval: duration(incidents.repeatSeconds),
            routes: incidents.rules.map(ruleRoute),
          },
        ]
      : [];
  const config: RoutingConfiguration = {
    route: {
      receiver: gateway ? 'belay' : NOBODY,
      group_by: ['alertname'],
      routes: [...toBelay, ...(incidents?.routes ?? []).map(otherRoute)],
    },
    receivers: [...receivers.values()].map((one) => one.config),
  };
  const files = [...receivers.values()].flatMap((one) => one.files);
  return { config, files, warnings: warningsOf(system, gateway !== undefined), problems };
}

function warningsOf(system: System, hasGateway: boolean): string[] {
  const { incidents } = system;
  const warnings: string[] = [];
  if (!hasGateway)
    warnings.push(
      'Nothing goes to Belay: `incidents.gateway` or a source of type alertmanager is missing; what no route takes, nobody is told of',
    );
  const paged = new Set(
    Object.values(incidents?.policies ?? {})
      .flatMap(({ levels, fallback }) => [...levels.flatMap(({ notify }) => notify), ...fallback])
      .flatMap((target) => ('channel' in target ? [target.channel] : [])),
  );
  for (const person of Object.values(system.people)) for (const { channel } of person.contacts) paged.add(channel);
  for (const { id, receiver, groupIntervalSeconds, repeatIntervalSeconds } of incidents?.routes ?? []) {
    if (hasGateway && paged.has(receiver))
      warnings.push(`Route ${id}: Belay sends to ${receiver} too, so people hear of an alert twice`);
    if (repeatIntervalSeconds % groupIntervalSeconds !== 0)
      warnings.push(
        `Route ${id}: repeatIntervalSeconds is no multiple of groupIntervalSeconds; Alertmanager repeats only at the next of those`,
      );
  }
  return warnings;
}
