import type { Actor } from '../../../workflows/incident/types.js';
import type { IncidentSystem } from '../../incidents/port.js';
import type { GatewayDeps, Source } from '../types.js';
import type { SlackUser } from './form.js';
import { line } from './respond.js';

/** A system in which somebody of Slack is one of the people. */
export interface Membership {
  system: IncidentSystem;
  actor: Actor;
}

const isOfTeam = ({ config }: Source<'slack'>, { team }: SlackUser): boolean =>
  config.team === undefined || config.team === team;

/** Systems that this request may be about: those whose app signed it, in this workspace. */
export function systemsFor(sources: readonly Source<'slack'>[], user: SlackUser): IncidentSystem[] {
  return sources.flatMap((source) => {
    const { incidents } = source.system;
    return incidents && isOfTeam(source, user) ? [{ ...source.system, incidents }] : [];
  });
}

/** Those of the systems whose `people` name this member. */
export function membershipsOf(
  deps: Pick<GatewayDeps, 'identify'>,
  systems: readonly IncidentSystem[],
  { user }: SlackUser,
): Membership[] {
  return systems.flatMap((system) => {
    const actor = deps.identify(system, { slack: user });
    return actor ? [{ system, actor }] : [];
  });
}

/** For somebody whom no system knows: how that is changed. They get no power, and no word of any incident. */
export const howToLink = ({ user }: SlackUser, systems: readonly IncidentSystem[]): string =>
  `Nothing was done: Belay does not know you. Ask the team to put \`slack: ${line(user)}\` at your entry under \`people\` of ${
    systems.length === 1 && systems[0] ? `\`systems/${line(systems[0].name)}.yaml\`` : 'the system’s description'
  }, then try again.`;
