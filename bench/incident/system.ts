import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SystemInput } from '../../systems/schema.js';
import { systemsDir } from '../kit/systems.js';

/** Names of the secrets in the environment of worker and gateway. */
export const TOKEN = 'BENCH_ALERTS_TOKEN';
export const HOOK_KEY = 'BENCH_HOOK_KEY';

/** Longer than any round: a level or a repeat that is not to come. */
export const NEVER_SECONDS = 86_400;

/** Systems with teams, each with a rota, a lead and a head of its own; all of one round alike. */
export interface Shape {
  systems: number;
  /** Of each system. */
  teams: number;
  /** Seconds from the opening to each level: rota, lead, head. */
  levels: readonly number[];
  repeatSeconds?: number;
}

/** Where an alert goes: a team of a system. */
export interface Team {
  system: string;
  team: string;
}

const systemName = (index: number): string => `bench-ops-${index}`;
const teamName = (index: number): string => `team-${index}`;

/** Name of a system's source of alerts, which is its path at the gateway. */
export const sourceOf = (system: string): string => `${system}-alerts`;

/** All teams, system by system in turn, so that neighbours in the list do not share one. */
export const teamsOf = ({ systems, teams }: Shape): Team[] =>
  Array.from({ length: systems * teams }, (_, index) => ({
    system: systemName(index % systems),
    team: teamName(Math.floor(index / systems)),
  }));

function describePeople(team: string): Pick<Required<SystemInput>, 'people' | 'rotas'> {
  const contacts = [{ channel: 'hook' }];
  const names = [`${team}-a`, `${team}-b`, `${team}-lead`, `${team}-head`];
  return {
    people: Object.fromEntries(names.map((name) => [name, { name, email: `${name}@example.org`, contacts }])),
    rotas: {
      [team]: {
        timeZone: 'Europe/Berlin',
        start: '2026-01-05',
        handoff: { every: 'week', at: '09:00' },
        people: [`${team}-a`, `${team}-b`],
      },
    },
  };
}

/** One system of a round; pages go to the receiver at `hookUrl`. */
export function describeOps(index: number, { teams, levels, repeatSeconds }: Shape, hookUrl: string): SystemInput {
  const names = Array.from({ length: teams }, (_, n) => teamName(n));
  const targets = (team: string) => [{ rota: team }, { person: `${team}-lead` }, { person: `${team}-head` }];
  const policy = (team: string) => ({
    levels: levels.map((afterSeconds, n) => ({
      name: `Level ${n + 1}`,
      afterSeconds,
      notify: targets(team).slice(n, n + 1),
    })),
    repeatSeconds: repeatSeconds ?? NEVER_SECONDS,
  });
  const parts = names.map(describePeople);
  const name = systemName(index);
  return {
    name,
    title: `Benchmark ${name}`,
    environment: 'sandbox',
    channels: { hook: { type: 'webhook', url: hookUrl, secret: `env:${HOOK_KEY}` } },
    people: Object.assign({}, ...parts.map(({ people }) => people)) as Required<SystemInput>['people'],
    rotas: Object.assign({}, ...parts.map(({ rotas }) => rotas)) as Required<SystemInput>['rotas'],
    incidents: {
      severities: [{ id: 'P1', policy: teamName(0), urgent: true }],
      policies: Object.fromEntries(names.map((team) => [team, policy(team)])),
      rules: names.map((team) => ({ id: team, match: { team }, severity: 'P1', policy: team, groupBy: ['group'] })),
      sources: { [sourceOf(name)]: { type: 'alertmanager', tokens: [`env:${TOKEN}`] } },
      // Above what any round opens: incidents are to be counted one by one.
      storm: { incidents: 10_000, withinSeconds: 60 },
    },
  };
}

/** Writes the descriptions of a round. */
export async function writeOps(state: SandboxState, shape: Shape, hookUrl: string): Promise<void> {
  await mkdir(systemsDir(state), { recursive: true });
  for (let index = 0; index < shape.systems; index++) {
    const system = describeOps(index, shape, hookUrl);
    await writeFile(join(systemsDir(state), `${system.name}.yaml`), stringify(system));
  }
}
