import { DateTime } from 'luxon';
import type { Shift } from '../../activities/oncall/shifts.js';
import type { System } from '../../systems/schema.js';
import { table } from '../cli/io.js';
import type { RotaLook } from './look.js';

/** An instant (ms) as the clocks of a zone show it, with the offset, which tells the hours of a change of clocks apart. */
export const clockText = (at: number, zone: string): string =>
  DateTime.fromMillis(at, { zone }).setLocale('en').toFormat('ccc yyyy-MM-dd HH:mm ZZ');

type People = System['people'];

const nameOf = (people: People, id: string): string => {
  const name = people[id]?.name;
  return name === undefined ? id : `${id} (${name})`;
};

function whoText(people: People, { people: onCall, nobody }: Pick<Shift, 'people' | 'nobody'>): [string, string] {
  if (nobody !== undefined) return ['nobody', nobody];
  const why = onCall.flatMap((one) => one.why ?? []);
  return [onCall.map(({ person }) => nameOf(people, person)).join(' and '), why.join('; ')];
}

/** A rota as text: who is on call at the instant, then a line for each shift, then what was overridden. */
export function rotaText(look: RotaLook, people: People): string {
  const zone = look.timeZone ?? 'UTC';
  const who = look.onCall.map(({ person }) => nameOf(people, person)).join(' and ') || 'nobody';
  const lines = [`${look.rota} (${look.source ?? zone})`, `  ${clockText(look.at, zone)}: ${who}`];
  for (const problem of look.problems) lines.push(`  ${problem}`);
  if (look.shifts.length > 0) {
    const rows = look.shifts.map((shift) => [
      clockText(shift.from, zone),
      clockText(shift.to, zone),
      ...whoText(people, shift),
    ]);
    lines.push('', ...indented(table([['FROM', 'TO', 'ON CALL', 'WHY'], ...rows])));
  }
  if (look.overrides.length > 0) {
    const rows = look.overrides.map(({ id, person, from, to, reason, by }) => [
      id,
      person,
      clockText(Date.parse(from), zone),
      clockText(Date.parse(to), zone),
      `${reason} (${by})`,
    ]);
    lines.push('', ...indented(table([['OVERRIDE', 'PERSON', 'FROM', 'TO', 'REASON'], ...rows])));
  }
  return lines.join('\n');
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${line}`);
