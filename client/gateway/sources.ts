import type { EventSource } from '../../systems/incidentSchema.js';
import type { System } from '../../systems/schema.js';
import type { IncidentSystem } from '../incidents/port.js';
import { notFound } from './errors.js';
import { wholeValue } from '../incidents/route.js';
import type { Source, Sources, SourceType } from './types.js';

/** The descriptions cannot be served together; `problems` holds everything that is wrong. */
export class SourcesError extends Error {
  override readonly name = 'SourcesError';

  constructor(readonly problems: string[]) {
    super(`The gateway cannot serve these systems: ${problems.join('; ')}`);
  }
}

/** The sources of one type. */
function ofType<T extends SourceType>(type: T, systems: readonly System[]): Map<string, Source<T>> {
  const found = new Map<string, Source<T>>();
  for (const system of systems)
    for (const [name, config] of Object.entries(system.incidents?.sources ?? {}))
      if (config.type === type) found.set(name, { name, system, config: config as Source<T>['config'] });
  return found;
}

function twice(systems: readonly System[]): string[] {
  const owner = new Map<string, string>();
  const problems: string[] = [];
  for (const { name: system, incidents } of systems)
    for (const source of Object.keys(incidents?.sources ?? {})) {
      const other = owner.get(source);
      if (other === undefined) owner.set(source, system);
      else problems.push(`source "${source}" stands in ${other} and in ${system}: give it another name in one of them`);
    }
  return problems;
}

function wrongExpressions({ name, incidents }: System): string[] {
  return (incidents?.rules ?? []).flatMap((rule) =>
    Object.entries(rule.match).flatMap(([label, expression]) => {
      try {
        wholeValue(expression);
        return [];
      } catch (error) {
        return [
          `${name}: rule "${rule.id}", label ${label}: ${error instanceof Error ? error.message : String(error)}`,
        ];
      }
    }),
  );
}

/** Collects the sources of all systems. Throws `SourcesError` when a name is used twice or a rule holds a wrong expression. */
export function collectSources(systems: readonly System[]): Sources {
  const problems = [...twice(systems), ...systems.flatMap(wrongExpressions)];
  if (problems.length > 0) throw new SourcesError(problems);
  return {
    alertmanager: ofType('alertmanager', systems),
    pagerduty: ofType('pagerduty', systems),
    slack: ofType('slack', systems),
    bot: ofType('bot', systems),
  };
}

/** A source of whatever type. */
export interface AnySource {
  name: string;
  system: System;
  config: EventSource;
}

/** Every source, whatever its type. */
export const allSources = ({ alertmanager, pagerduty, slack, bot }: Sources): AnySource[] =>
  [alertmanager, pagerduty, slack, bot].flatMap((byName: ReadonlyMap<string, AnySource>) => [...byName.values()]);

/** References of the secrets that a source's senders prove themselves with. */
export const secretsOf = ({ config }: Pick<AnySource, 'config'>): readonly string[] =>
  'tokens' in config ? config.tokens : config.secrets;

/** A source's system; sources stand below `incidents`, so it has them. Throws `GatewayError` otherwise. */
export function systemOf({ system }: Pick<AnySource, 'system'>): IncidentSystem {
  const { incidents } = system;
  if (!incidents) throw notFound();
  return { ...system, incidents };
}
