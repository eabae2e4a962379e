import { Argument, Command, InvalidArgumentError } from 'commander';
import { backupSuite } from './backup/suite.js';
import { restoreSuite } from './backup/restoreSuite.js';
import { backupTable, restoreTable } from './backup/table.js';
import { concurrentSuite } from './concurrent/suite.js';
import { concurrentTable } from './concurrent/table.js';
import { writeDocs } from './docs.js';
import { emergencySuite } from './emergency/suite.js';
import { emergencyTable } from './emergency/table.js';
import type { IncidentOptions } from './incident/rounds/options.js';
import { ROUND_NAMES, ROUNDS, suiteName, type RoundName } from './incident/suite.js';
import { barLine, isMet, type Bar } from './kit/bars.js';
import { withPlace, type Place } from './kit/place.js';
import { recorded } from './kit/results.js';
import { rolloutSuite } from './rollout/suite.js';
import { rolloutTable } from './rollout/table.js';
import { workerSuite } from './worker/suite.js';
import { workerTable } from './worker/table.js';

interface Options extends Omit<IncidentOptions, 'progress'> {
  only: RoundName[];
  runs: number;
  slots: number;
  peerSeconds: number;
  rollouts: number;
  starts: number;
  gb: number;
  repeats: number;
  sizes: number[];
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}.`);
  };
}

function sizes(text: string): number[] {
  return text.split(',').map(whole(1, 500));
}

function gigabytes(text: string): number {
  const value = Number(text);
  if (value >= 0.05 && value <= 1_000) return value;
  throw new InvalidArgumentError('must be a number from 0.05 to 1000.');
}

function rounds(text: string): RoundName[] {
  return text.split(',').map((name) => {
    const found = ROUND_NAMES.find((round) => round === name);
    if (found) return found;
    throw new InvalidArgumentError(`must be of ${ROUND_NAMES.join(', ')}, separated by commas.`);
  });
}

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Measures one suite, prints its table and returns its bars. */
async function play<T>(
  suite: string,
  command: string,
  measure: () => Promise<{ data: T; bars: Bar[] }>,
  render: (data: T) => string,
): Promise<Bar[]> {
  progress(`\n${suite}`);
  const { data, bars } = await recorded(suite, command, measure);
  out(`\n${render(data)}\n`);
  for (const bar of bars) out(barLine(bar));
  return bars;
}

/** The rounds of the incident suite, each in a sandbox of its own, kept and shown by itself. */
async function playRounds(only: readonly RoundName[], options: IncidentOptions): Promise<Bar[]> {
  const bars: Bar[] = [];
  for (const name of only) {
    const { command, measure, table } = ROUNDS[name];
    const typed = `npm run bench -- incident --only ${name} ${command(options)}`;
    bars.push(...(await play(suiteName(name), typed, () => measure(options), table)));
  }
  return bars;
}

/** Each suite has a sandbox of its own: what one leaves behind must not weigh on the next. */
function suites(options: Options): Record<string, () => Promise<Bar[]>> {
  const inPlace = <T>(work: (place: Place) => Promise<T>): Promise<T> => withPlace(progress, work);
  const { runs, slots, peerSeconds, rollouts, starts, gb, repeats, sizes: workloads } = options;
  return {
    worker: () =>
      inPlace((place) =>
        play(
          'worker',
          `npm run bench -- worker --starts ${starts}`,
          () => workerSuite(place, { starts, progress }),
          workerTable,
        ),
      ),
    concurrent: () =>
      inPlace((place) =>
        play(
          'concurrent',
          `npm run bench -- concurrent --rollouts ${rollouts}`,
          () => concurrentSuite(place, { rollouts, progress }),
          concurrentTable,
        ),
      ),
    rollout: () =>
      inPlace((place) =>
        play(
          'rollout',
          `npm run bench -- rollout --runs ${runs} --slots ${slots} --peer-seconds ${peerSeconds}`,
          () => rolloutSuite(place, { runs, slots, peerSeconds, progress }),
          rolloutTable,
        ),
      ),
    emergency: () =>
      inPlace((place) =>
        play(
          'emergency',
          `npm run bench -- emergency --sizes ${workloads.join(',')} --repeats ${repeats}`,
          () => emergencySuite(place, { sizes: workloads, repeats, progress }),
          emergencyTable,
        ),
      ),
    incident: () => playRounds(options.only, { ...options, progress }),
    backup: () =>
      play(
        'backup',
        `npm run bench -- backup --gb ${gb} --repeats ${repeats}`,
        () => backupSuite({ gb, repeats, progress }),
        backupTable,
      ),
    restore: () =>
      play(
        'restore',
        `npm run bench -- restore --gb ${gb} --repeats ${repeats}`,
        () => restoreSuite({ gb, repeats, progress }),
        restoreTable,
      ),
  };
}

const program = new Command('npm run bench --')
  .description('Measures Belay in a sandbox of its own. Exit code 1 when a bar is missed.')
  .addArgument(
    new Argument('<suite>', 'what to measure; `docs` writes the newest results into docs/benchmarks.md').choices([
      ...['rollout', 'concurrent', 'worker', 'emergency', 'incident', 'backup', 'restore', 'all', 'docs'],
    ]),
  )
  .option('--runs <n>', 'rollout: runs per fault', whole(1, 1_000), 20)
  .option('--slots <n>', 'rollout: runs of one fault at the same time', whole(1, 20), 1)
  .option('--peer-seconds <s>', 'rollout: longest time to wait for kubectl; 0 leaves it out', whole(0, 3_600), 620)
  .option('--rollouts <n>', 'concurrent: rollouts started together', whole(1, 400), 100)
  .option('--starts <n>', 'worker: starts', whole(1, 1_000), 20)
  .option('--gb <n>', 'backup, restore: size of the dump stream, 10^9 bytes', gigabytes, 2)
  .option(
    '--repeats <n>',
    'backup, restore, emergency: rounds, each of which measures everything once',
    whole(1, 100),
    5,
  )
  .option('--sizes <n,…>', 'emergency: workloads of each system', sizes, [10, 50, 200])
  .option('--only <round,…>', `incident: of ${ROUND_NAMES.join(', ')}`, rounds, [...ROUND_NAMES])
  .option('--seconds <s>', 'incident intake, firstPage: how long', whole(1, 3_600), 30)
  .option('--rate <n>', 'incident intake: alerts a second', whole(1, 10_000), 160)
  .option('--opening <n>', 'incident firstPage, ack, outage: new incidents a second', whole(1, 1_000), 20)
  .option('--alerts <n>', 'incident storm: alerts', whole(1, 1_000_000), 10_000)
  .option('--storm-seconds <s>', 'incident storm: how long', whole(1, 3_600), 60)
  .option('--groups <n>', 'incident intake, storm: incidents that the alerts are of', whole(1, 1_000), 50)
  .option('--open <n>', 'incident deadlines: open incidents', whole(1, 100_000), 10_000)
  .option('--window <s>', 'incident deadlines: within which they fall', whole(1, 7_200), 600)
  .option('--acks <n>', 'incident ack: incidents', whole(2, 1_000), 60)
  .option('--overdue <n>', 'incident outage: incidents', whole(1, 10_000), 300)
  .option('--outage <s>', 'incident outage: how long no worker runs', whole(1, 7_200), 600)
  .action(async (suite: string, options: Options) => {
    if (suite === 'docs') {
      out(`docs/benchmarks.md: ${(await writeDocs()).join(', ') || 'no results yet'}`);
      return;
    }
    const all = suites(options);
    const bars: Bar[] = [];
    for (const [name, run] of Object.entries(all)) if (suite === 'all' || suite === name) bars.push(...(await run()));
    const missed = bars.filter((bar) => !isMet(bar));
    if (missed.length > 0) progress(`\n${missed.length} of ${bars.length} bars missed`);
    process.exitCode = missed.length > 0 ? 1 : 0;
  });

try {
  await program.parseAsync();
} catch (error) {
  progress(error instanceof Error ? error.message : String(error));
  // After an interruption, waits for runs of a Temporal that is gone would keep this process.
  process.exit(1);
}
