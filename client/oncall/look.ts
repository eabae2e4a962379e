import type { Client } from '@temporalio/client';
import { readOverrides } from '../../activities/oncall/overrides.js';
import { onCallAt } from '../../activities/oncall/rota.js';
import { type Shift, shiftsBetween } from '../../activities/oncall/shifts.js';
import { askSource, type SourceOptions, sourceText } from '../../activities/oncall/sources.js';
import type { RotaOverride } from '../../activities/oncall/types.js';
import type { System } from '../../systems/schema.js';

/** One rota as a person looks at it. Instants are ms since the epoch. */
export interface RotaLook {
  rota: string;
  /** Where its hand-offs are; absent for one that another service keeps. */
  timeZone?: string;
  source?: string;
  at: number;
  onCall: { person: string; why?: string }[];
  /** Why nobody is on call, or what is wrong. */
  problems: string[];
  shifts: Shift[];
  /** Made at run time. */
  overrides: RotaOverride[];
}

export interface LookOptions {
  /** Undefined when Temporal does not answer: then overrides made at run time are not known. */
  client: Client | undefined;
  source: SourceOptions;
  at: number;
  until: number;
}

/** Who is on call, and who will be. Read-only; asks another service where it keeps the rota. */
export async function lookAtRota(options: LookOptions, system: System, name: string): Promise<RotaLook> {
  const { client, at, until } = options;
  const rota = system.rotas[name];
  const look: RotaLook = { rota: name, at, onCall: [], problems: [], shifts: [], overrides: [] };
  if (rota === undefined) return { ...look, problems: [`${system.name} has no rota ${name}`] };
  if ('source' in rota) {
    const { people, problems } = await askSource(options.source, rota, system.people, at);
    return { ...look, source: sourceText(rota), onCall: people.map((person) => ({ person })), problems };
  }
  const overrides = client ? await readOverrides(client, system.name, name) : [];
  const { people, nobody } = onCallAt(rota, at, overrides);
  return {
    ...look,
    timeZone: rota.timeZone,
    onCall: people,
    problems: nobody === undefined ? [] : [nobody],
    shifts: shiftsBetween(rota, at, until, overrides),
    overrides,
  };
}
