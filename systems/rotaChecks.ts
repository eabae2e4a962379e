import type { IncidentParts } from './incidentParts.js';
import { list, type Named, type Part } from './part.js';
import type { Rota } from './peopleSchema.js';
import type { Finding, Path } from './problem.js';
import { recurrenceProblem } from './recurrence.js';
import { zoneProblems } from './timing.js';

type OwnRota = Extract<Rota, { handoff: unknown }>;

/** Times of rotas that are fine alone but not together. Pure. */
export function rotaProblems({ rotas, people }: IncidentParts): Finding[] {
  return rotas.flatMap((rota) => [
    ...zone(rota.path, rota.fields['timeZone']),
    ...list(rota.fields['holidays'], [...rota.path, 'holidays']).flatMap((day) => holidayProblems(day, rota)),
    ...ofParsed(rota),
    ...outsideProblems(rota, people),
  ]);
}

/** What another service knows of somebody, by which they are found among `people`. */
const KNOWN_BY = { pagerduty: ['pagerduty', 'email'], slack: ['slack'] } as const;

function outsideProblems({ path, fields: { source } }: Part, people: Part[]): Finding[] {
  if (source !== 'pagerduty' && source !== 'slack') return [];
  const known = KNOWN_BY[source];
  if (people.some(({ fields }) => known.some((field) => fields[field] !== undefined))) return [];
  const message = `leads to nobody: none of \`people\` has ${known.map((field) => `\`${field}\``).join(' or ')}; add it to those who may be on call`;
  return [{ path: [...path, 'source'], message }];
}

function ofParsed({ path, parsed }: Named<Rota>): Finding[] {
  if (parsed === undefined || !('handoff' in parsed)) return [];
  return [
    ...(parsed.hours ? hoursProblems([...path, 'hours'], parsed.hours) : []),
    ...overrideProblems([...path, 'overrides'], parsed.overrides),
  ];
}

const zone = (path: Path, name: unknown): Finding[] =>
  typeof name === 'string' && name !== '' ? zoneProblems([...path, 'timeZone'], name) : [];

/** Of a rota, and of `incidents.businessHours`: the same time twice could mean always or never. */
export function hoursProblems(path: Path, { days, from, to }: NonNullable<OwnRota['hours']>): Finding[] {
  const findings: Finding[] = [];
  if (from === to)
    findings.push({
      path: [...path, 'to'],
      message: `is the same as from (${from}); for day and night leave the hours out`,
    });
  for (const [index, day] of days.entries()) {
    if (days.indexOf(day) !== index) findings.push({ path: [...path, 'days', index], message: `${day} stands twice` });
  }
  return findings;
}

function holidayProblems({ path, fields }: Part, rota: Part): Finding[] {
  const { date, rrule } = fields;
  if (date === undefined && rrule === undefined)
    return [
      { path: [...path, 'date'], message: 'is missing; write `date` for one day, or `rrule` for one of each year' },
    ];
  if (date !== undefined && rrule !== undefined)
    return [{ path: [...path, 'rrule'], message: 'stands beside `date`; write only one of them' }];
  const { start } = rota.fields;
  if (typeof rrule !== 'string' || rrule === '') return [];
  const from = typeof start === 'string' && /^\d{4}-\d\d-\d\d$/.test(start) ? start : '2026-01-01';
  const problem = recurrenceProblem(rrule, from);
  return problem === undefined ? [] : [{ path: [...path, 'rrule'], message: problem }];
}

function overrideProblems(path: Path, overrides: OwnRota['overrides']): Finding[] {
  const spans = overrides.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to), since: from }));
  return spans.flatMap(({ from, to, since }, index) => {
    if (to <= from) return [{ path: [...path, index, 'to'], message: `is not after from (${since})` }];
    const other = spans.findIndex((one, at) => at < index && one.from < one.to && one.from < to && from < one.to);
    if (other < 0) return [];
    const message = `overlaps with overrides[${other}], so it is not clear who is on call; let one end where the other begins`;
    return [{ path: [...path, index, 'from'], message }];
  });
}
