import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import type { Pages, Spread, Taken } from './figures.js';
import type { Cpu } from './place.js';
import type { AckResult } from './rounds/ack.js';
import type { DeadlinesResult } from './rounds/deadlines.js';
import type { FirstPageResult } from './rounds/firstPage.js';
import type { IntakeResult } from './rounds/intake.js';
import type { OutageResult } from './rounds/outage.js';
import type { StormResult } from './rounds/storm.js';

/** Results are kept as JSON, which has no NaN. */
const shown = (value: number | null): string => (value === null || Number.isNaN(value) ? '–' : rounded(value));

const HEAD = ['Seconds', 'n', 'least', 'p50', 'p99', 'max'];
const row = (what: string, { n, min, p50, p99, max }: Spread): string[] => [
  what,
  String(n),
  ...[min, p50, p99, max].map(shown),
];
const spreads = (rows: Record<string, Spread>): string =>
  table(
    HEAD,
    Object.entries(rows).map(([what, values]) => row(what, values)),
  );

const answers = ({ sent, refused, retries, perSecond }: Taken): string =>
  `${sent} requests, ${shown(perSecond)} taken a second, ${refused} refused for good, ${retries} tries more`;
const told = ({ pages, messages, repeats, twice, mostToOne }: Pages): string =>
  `${pages} pages in ${messages} messages (${mostToOne} to one person at most), ${repeats} messages repeated with the same id, ${twice} pages twice`;

/** What the machine was busy with; strangers' work shows. */
export function used({ machine, seconds, ...parts }: Partial<Cpu>): string {
  const own = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const named = Object.entries(parts).map(([name, part]) => `${name} ${rounded(part)} s`);
  // Results of the first day have neither.
  if (machine === undefined || seconds === undefined) return `CPU: ${named.join(', ')}.`;
  const others = Math.max(0, machine - own) / seconds;
  return `CPU in ${rounded(seconds)} s: ${named.join(', ')}; everything else on the machine ${others.toFixed(2)} cores.`;
}

const lines = (...parts: string[]): string => parts.join('\n\n');

export const intakeTable = (result: IntakeResult): string =>
  lines(
    `${result.rate} alerts a second for ${result.seconds} s, one a request, into ${result.groups} incidents: ${answers(result)}; ${result.lost} lost. The incidents knew every alert ${shown(result.caughtUp)} s after the last answer.`,
    spreads({ 'alert → 202': result.answer }),
    used(result.cpu),
  );

export const firstPageTable = ({
  cpu,
  opening,
  seconds,
  people,
  taken,
  page,
  missing,
  pages,
}: FirstPageResult): string =>
  lines(
    `${opening} new incidents a second for ${seconds} s, ${people} people on call: ${answers(taken)}; ${missing} without a page. ${told(pages)}.`,
    spreads({ 'alert → 202': taken.answer, 'alert → page at the receiver': page }),
    used(cpu),
  );

export const stormTable = (result: StormResult): string =>
  lines(
    `${result.alerts} alerts of ${result.groups} groups in ${result.seconds} s, one a request, ${result.people} people on call: ${answers(result.taken)}; ${result.incidents} incidents, ${result.lost} alerts lost, ${result.unpaged} incidents without a page. ${told(result.pages)}. The incidents knew every alert ${shown(result.caughtUp)} s after the last answer.`,
    spreads({ 'alert → 202': result.taken.answer }),
    used(result.cpu),
  );

export const deadlinesTable = ({ cpu, open, window, people, late, early, missing, pages }: DeadlinesResult): string =>
  lines(
    `${open} open incidents, the second level of each due within the same ${window} s, ${people} people: ${early} pages early, ${missing} missing. ${told(pages)}.`,
    spreads({ 'deadline → page at the receiver': late }),
    used(cpu),
  );

export const ackTable = ({ cpu, acks, answer, climbed, after, last, refused }: AckResult): string =>
  lines(
    `${acks} incidents acknowledged from two seconds before to two seconds after the deadline of their second level; ${climbed} had climbed before. ${after} pages came after the acknowledgement was accepted, the last ${shown(last)} s after; ${refused} acknowledgements were not taken.`,
    spreads({ 'update → answer': answer }),
    used(cpu),
  );

export const outageTable = ({
  cpu,
  overdue,
  outage,
  recovered,
  ready,
  missing,
  passedOver,
  pages,
}: OutageResult): string =>
  lines(
    `No worker for ${outage} s, meanwhile two levels of ${overdue} incidents fell due. The new worker polled ${shown(ready)} s after its start; ${missing} ladders did not act, ${passedOver} pages of the level that was passed over. Opening and outage together: ${told(pages)}.`,
    spreads({ 'start of the worker → page of an overdue ladder': recovered }),
    used(cpu),
  );
