import type { Bar } from '../kit/bars.js';
import { ack, ackBars } from './rounds/ack.js';
import { deadlines, deadlinesBars } from './rounds/deadlines.js';
import { firstPage, firstPageBars } from './rounds/firstPage.js';
import { intake, intakeBars } from './rounds/intake.js';
import type { IncidentOptions } from './rounds/options.js';
import { outage, outageBars } from './rounds/outage.js';
import { storm, stormBars } from './rounds/storm.js';
import { ackTable, deadlinesTable, firstPageTable, intakeTable, outageTable, stormTable } from './table.js';

export const ROUND_NAMES = ['intake', 'firstPage', 'storm', 'deadlines', 'ack', 'outage'] as const;
export type RoundName = (typeof ROUND_NAMES)[number];

/** One measurement in a sandbox of its own: its sizes, how it is measured and judged, and shown. */
export interface Round {
  /** The options that it heeds, as they are typed. */
  command: (options: IncidentOptions) => string;
  measure: (options: IncidentOptions) => Promise<{ data: unknown; bars: Bar[] }>;
  /** Shows what `measure` of the same round gave, also after it was kept as JSON. */
  table: (data: unknown) => string;
}

function round<T>(parts: {
  command: Round['command'];
  measure: (options: IncidentOptions) => Promise<T>;
  bars: (data: T) => Bar[];
  table: (data: T) => string;
}): Round {
  return {
    command: parts.command,
    measure: async (options) => {
      const data = await parts.measure(options);
      return { data, bars: parts.bars(data) };
    },
    table: (data) => parts.table(data as T),
  };
}

/** In the order in which they are measured and shown. */
export const ROUNDS: Record<RoundName, Round> = {
  intake: round({
    command: ({ rate, seconds, groups }) => `--rate ${rate} --seconds ${seconds} --groups ${groups}`,
    ...{ measure: intake, bars: intakeBars, table: intakeTable },
  }),
  firstPage: round({
    command: ({ opening, seconds }) => `--opening ${opening} --seconds ${seconds}`,
    ...{ measure: firstPage, bars: firstPageBars, table: firstPageTable },
  }),
  storm: round({
    command: ({ alerts, stormSeconds, groups }) =>
      `--alerts ${alerts} --storm-seconds ${stormSeconds} --groups ${groups}`,
    ...{ measure: storm, bars: stormBars, table: stormTable },
  }),
  deadlines: round({
    command: ({ open, window }) => `--open ${open} --window ${window}`,
    ...{ measure: deadlines, bars: deadlinesBars, table: deadlinesTable },
  }),
  ack: round({
    command: ({ acks, opening }) => `--acks ${acks} --opening ${opening}`,
    ...{ measure: ack, bars: ackBars, table: ackTable },
  }),
  outage: round({
    command: ({ overdue, outage: seconds, opening }) => `--overdue ${overdue} --outage ${seconds} --opening ${opening}`,
    ...{ measure: outage, bars: outageBars, table: outageTable },
  }),
};

/** Under which name a round's results are kept and shown: each is run, and replaced, by itself. */
export const suiteName = (name: RoundName): string => `incident-${name}`;
