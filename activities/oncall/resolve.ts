import type { Client } from '@temporalio/client';
import type { Target } from '../../systems/incidentSchema.js';
import { contactsOf } from './contacts.js';
import { readOverrides } from './overrides.js';
import { onCallAt } from './rota.js';
import { askSource, type SourceOptions } from './sources.js';
import type { OncallPerson, OncallSnapshot, ResolvedTargets, RotaOverride } from './types.js';

export interface ResolveOptions extends SourceOptions {
  temporal: () => Client;
}

/** What one target leads to. */
interface Found {
  people: { id: string; because: string }[];
  channels: string[];
  empty: string[];
}

const nothing: Found = { people: [], channels: [], empty: [] };

/**
 * Who the targets lead to at `at` (ms). See `OncallActivities.resolveTargets`: never throws for what is away or described wrongly; all
 * targets are asked at once. Overrides that cannot be read are left out and named in `because`: paging whose turn it is beats paging nobody.
 */
export async function resolve(
  options: ResolveOptions,
  { snapshot, targets, at }: { snapshot: OncallSnapshot; targets: Target[]; at: number },
): Promise<ResolvedTargets> {
  const found = await Promise.all(targets.map((target) => follow(options, snapshot, target, at)));
  const because = new Map<string, string>();
  for (const one of found.flatMap(({ people }) => people)) if (!because.has(one.id)) because.set(one.id, one.because);
  const reachable = [...because].map(([id, why]) => reach(snapshot, id, why));
  return {
    people: reachable.flatMap(({ person }) => person ?? []),
    channels: [...new Set(found.flatMap(({ channels }) => channels))],
    empty: [...new Set([...found, ...reachable].flatMap(({ empty }) => empty))],
  };
}

async function follow(options: ResolveOptions, snapshot: OncallSnapshot, target: Target, at: number): Promise<Found> {
  if ('person' in target) return { ...nothing, people: [{ id: target.person, because: 'person' }] };
  if ('rota' in target) return followRota(options, snapshot, target.rota, at);
  if (snapshot.channels[target.channel]) return { ...nothing, channels: [target.channel] };
  return { ...nothing, empty: [`Channel ${target.channel}: ${snapshot.system} has no such channel.`] };
}

async function followRota(options: ResolveOptions, snapshot: OncallSnapshot, name: string, at: number): Promise<Found> {
  const rota = snapshot.rotas[name];
  if (rota === undefined) return { ...nothing, empty: [`Rota ${name}: ${snapshot.system} has no such rota.`] };
  if ('source' in rota) {
    const { people, problems } = await askSource(options, rota, snapshot.people, at);
    const empty = problems.map((problem) => `Rota ${name}: ${problem}.`);
    return { ...nothing, people: people.map((id) => ({ id, because: name })), empty };
  }
  const { overrides, unread } = await overridesOf(options, snapshot, name);
  const known = { ...rota, overrides: rota.overrides.filter(({ person }) => snapshot.people[person]) };
  const { people, nobody } = onCallAt(known, at, overrides);
  if (nobody !== undefined) return { ...nothing, empty: [`Rota ${name}: nobody is on call, ${nobody}.`] };
  const why = (own: string | undefined) => [own, unread].filter((part) => part !== undefined).join('; ');
  return {
    ...nothing,
    people: people.map(({ person, why: own }) => ({ id: person, because: why(own) ? `${name} (${why(own)})` : name })),
  };
}

async function overridesOf(
  { temporal }: ResolveOptions,
  { system, people }: OncallSnapshot,
  rota: string,
): Promise<{ overrides: RotaOverride[]; unread?: string }> {
  try {
    const all = await readOverrides(temporal(), system, rota);
    // A name that leads to nobody must not take the shift from somebody who can be reached.
    return { overrides: all.filter(({ person }) => people[person]) };
  } catch {
    return { overrides: [], unread: 'overrides made at run time could not be read' };
  }
}

function reach(snapshot: OncallSnapshot, id: string, because: string): { person?: OncallPerson; empty: string[] } {
  const person = snapshot.people[id];
  const from = because === 'person' ? '' : ` (rota ${because})`;
  if (person === undefined) return { empty: [`${id}${from} is none of the \`people\` of ${snapshot.system}.`] };
  const { contacts, unusable } = contactsOf(person, snapshot.channels);
  if (contacts.length > 0) return { person: { id, person, because, contacts }, empty: [] };
  const why = unusable.length > 0 ? unusable.join('; ') : '`contacts` is empty';
  return { empty: [`${person.name} (${id})${from} has no usable contact: ${why}.`] };
}
