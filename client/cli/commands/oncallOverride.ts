import { randomUUID } from 'node:crypto';
import { readOverrides } from '../../../activities/oncall/overrides.js';
import type { LocalRota } from '../../../activities/oncall/rota.js';
import type { RotaOverride } from '../../../activities/oncall/types.js';
import { suggest } from '../../../systems/suggest.js';
import type { System } from '../../../systems/schema.js';
import type { OverrideAnswer } from '../../../workflows/rotaOverrides/messages.js';
import { type ShiftChange, shiftChanges } from '../../oncall/changes.js';
import { describedSystem, instantOf, ownRota } from '../../oncall/described.js';
import { addOverride, cancelOverride, type RotaPlace } from '../../oncall/override.js';
import { clockText } from '../../oncall/text.js';
import { UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { actor } from '../prepare.js';
import { useSandbox } from '../sandboxAddresses.js';
import { taskQueue, withTemporal } from '../session.js';

interface CommonOptions {
  reason?: string;
  as?: string;
  requestId?: string;
}

export interface OverrideOptions extends CommonOptions {
  person?: string;
  from?: string;
  to?: string;
}

/** What every change of a rota has: who, why, and an id that makes a repeat harmless. */
function common(io: Io, command: string, { reason, as, requestId }: CommonOptions) {
  if (!reason?.trim()) throw new UsageError(`oncall ${command}: give --reason, it is recorded`);
  return { actor: as ?? actor(io), reason: reason.trim(), requestId: requestId ?? randomUUID() };
}

function knownPerson(system: System, id: string | undefined): string {
  const known = Object.keys(system.people);
  if (id === undefined) throw new UsageError(`oncall override: give --person, one of ${known.join(', ')}`);
  if (!known.includes(id))
    throw new UsageError(`${system.name} has no person "${id}"; ${suggest(id, known, 'known people')}`);
  return id;
}

/** `belay oncall override SYSTEM ROTA`: somebody takes a span of time. Pages nobody; the answer says who gets and who loses which time. */
export async function oncallOverride(io: Io, place: RotaPlace, options: OverrideOptions): Promise<number> {
  await useSandbox(io);
  const system = describedSystem(place.system);
  const rota = ownRota(system, place.rota);
  const asked = common(io, 'override', options);
  const person = knownPerson(system, options.person);
  if (options.to === undefined) throw new UsageError('oncall override: give --to, when it ends');
  const from = options.from === undefined ? Date.now() : instantOf(options.from, rota.timeZone, '--from');
  const to = instantOf(options.to, rota.timeZone, '--to');
  const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return withTemporal(io, async ({ client }) => {
    const before = await readOverrides(client, place.system, place.rota);
    const answer = await addOverride(client, place, taskQueue(io), { ...asked, person, ...span });
    const others = before.filter(({ id }) => id !== answer.override.id);
    return tell(io, rota, asked.requestId, answer, [others, [...others, answer.override]]);
  });
}

/** `belay oncall cancel SYSTEM ROTA ID`: takes an override back that is not over. */
export async function oncallCancel(io: Io, place: RotaPlace, id: string, options: CommonOptions): Promise<number> {
  await useSandbox(io);
  const rota = ownRota(describedSystem(place.system), place.rota);
  const asked = common(io, 'cancel', options);
  return withTemporal(io, async ({ client }) => {
    const before = await readOverrides(client, place.system, place.rota);
    const answer = await cancelOverride(client, place, { ...asked, id });
    const after = before.filter((one) => one.id !== id);
    return tell(io, rota, asked.requestId, answer, [before, after]);
  });
}

/** The answer, and who gets and loses what from now on. */
function tell(
  io: Io,
  rota: LocalRota,
  requestId: string,
  { answer, override }: OverrideAnswer,
  [before, after]: [RotaOverride[], RotaOverride[]],
): number {
  const span = { from: Math.max(Date.now(), Date.parse(override.from)), to: Date.parse(override.to) };
  const changes = span.from < span.to ? shiftChanges(rota, span, before, after) : [];
  const iso = changes.map((change) => ({
    ...change,
    from: new Date(change.from).toISOString(),
    to: new Date(change.to).toISOString(),
  }));
  print(io, { answer, override, requestId, changes: iso }, () =>
    [answer, ...changes.map((change) => changeText(change, rota.timeZone))].join('\n'),
  );
  return exit.ok;
}

const changeText = ({ person, does, from, to }: ShiftChange, zone: string): string =>
  `  ${person} ${does} ${clockText(from, zone)} to ${clockText(to, zone)}`;
