import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EventSource } from '../../systems/incidentSchema.js';
import type { System } from '../../systems/schema.js';
import type { Actor } from '../../workflows/incident/types.js';
import type { IncidentPort } from '../incidents/port.js';

export type SourceType = EventSource['type'];

/** One entry of a system's `incidents.sources`. Names are unique over all systems that this gateway serves. */
export interface Source<T extends SourceType = SourceType> {
  name: string;
  system: System;
  config: Extract<EventSource, { type: T }>;
}

/** All sources, by type and then by name. */
export type Sources = { readonly [T in SourceType]: ReadonlyMap<string, Source<T>> };

/** Values of secret references, kept fresh in the background. */
export interface CurrentSecrets {
  /**
   * The values that count now, those that could be resolved at least once; in the references' order. Empty: nobody can be let in, answer 503.
   * Never log, echo or store them.
   */
  values(references: readonly string[]): string[];
}

export interface GatewayMetrics {
  /** Plugins may register their own here, with names that begin with `belay_gateway_`. */
  registry: Registry;
  /** By method, route (the pattern, never the path) and status. */
  requests: Counter<'method' | 'route' | 'status'>;
  /** Seconds, by route. */
  duration: Histogram<'route'>;
  /** What was turned away: `kind` is the type of the source or `unknown`, `reason` e.g. token, signature, stale, replay, tooLarge, rate, invalid. */
  refused: Counter<'kind' | 'source' | 'reason'>;
  /** What became of events: `opened`, `attached`, `dropped`, `held` … */
  events: Counter<'kind' | 'source' | 'outcome'>;
  /** Sources none of whose secrets could be resolved. */
  withoutSecret: Gauge;
}

/** How somebody has proved who they are: an id of the vendor whose signature was checked. */
export type Identity = { slack: string } | { pagerduty: string } | { email: string };

/** All that a plugin of the gateway may use. */
export interface GatewayDeps {
  /** By name. */
  systems: ReadonlyMap<string, System>;
  sources: Sources;
  client: Client;
  /** Deliveries to, actions on and questions about incidents. */
  incidents: IncidentPort;
  secrets: CurrentSecrets;
  log: Logger;
  /** ms since the epoch. */
  clock: () => number;
  metrics: GatewayMetrics;
  /**
   * Who of the system's `people` that is, as the actor of an action; `undefined` when it is none of them: then nothing may be done on their behalf.
   * What they may do to an incident is for `security/authorise.ts` to say.
   */
  identify(system: System, identity: Identity): Actor | undefined;
}
