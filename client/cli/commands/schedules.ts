import type { Client } from '@temporalio/client';
import {
  applySchedule,
  type Change,
  checkSchedules,
  desired,
  type DesiredSchedule,
  diff,
  pruneSchedule,
  readSchedules,
} from '../../../schedules/index.js';
import { listSystems, systemDirectories } from '../../../systems/directories.js';
import { InvalidSystemError, loadSystem, UnknownSystemError } from '../../../systems/load.js';
import { problemText } from '../../../systems/problem.js';
import { catalogue } from '../../../workflows/catalogue.js';
import { confirm } from '../confirm.js';
import { CliError, messageOf, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';
import { taskQueue, withTemporal } from '../session.js';
import { changeAsJson, changeLines, countLine } from './schedules/changes.js';
import { scheduleRow, listText } from './schedules/listing.js';

export interface SchedulesOptions {
  system?: string[];
  dryRun?: boolean;
  yes?: boolean;
}

interface Wanted {
  systems: string[];
  schedules: DesiredSchedule[];
}

/**
 * What the descriptions ask for; all of them must be right, so that half a description is never applied. `gone`: a named system may have no
 * description any more, and then asks for nothing.
 */
function wantedSchedules(io: Io, names: string[] | undefined, gone = false): Wanted {
  const dirs = systemDirectories(io.env);
  const systems = names ?? listSystems(dirs);
  const further = checkSchedules(catalogue, Date.now());
  const overlayDir = io.env['BELAY_SYSTEMS_OVERLAY'] ?? '';
  const problems: string[] = [];
  const schedules = systems.flatMap((name) => {
    try {
      const { system } = loadSystem(name, { dirs, overlayDir, further });
      return desired(system, { runbooks: catalogue, taskQueue: taskQueue(io) });
    } catch (error) {
      if (error instanceof UnknownSystemError) {
        if (!gone) throw new UsageError(error.message);
        io.note(`There is no description of "${name}" in ${dirs.join(', ')}`);
        return [];
      }
      if (!(error instanceof InvalidSystemError)) throw error;
      problems.push(...error.problems.map(problemText));
      return [];
    }
  });
  if (problems.length > 0) throw new UsageError('Descriptions are not valid. Nothing was changed.', problems);
  return { systems, schedules };
}

async function changesNow(client: Client, { systems, schedules }: Wanted): Promise<Change[]> {
  const ids = schedules.map(({ scheduleId }) => scheduleId);
  return diff(schedules, await readSchedules(client, systems, ids), systems);
}

function show(io: Io, changes: Change[], dryRun: boolean): void {
  print(io, { changes: changes.map((change) => changeAsJson(change)), dryRun }, () =>
    [...changes.flatMap((change) => changeLines(change)), countLine(changes)].join('\n'),
  );
}

/** `belay schedules diff`: what apply would do. Read-only. Exit code 10 when there is anything to do. */
export async function schedulesDiff(io: Io, options: SchedulesOptions): Promise<number> {
  await useSandbox(io);
  const wanted = wantedSchedules(io, options.system);
  return withTemporal(io, async ({ client }) => {
    const changes = await changesNow(client, wanted);
    show(io, changes, true);
    return changes.every(({ kind }) => kind === 'unchanged') ? exit.ok : exit.differs;
  });
}

/** `belay schedules apply`: creates and updates; prunes nothing. One that fails hides no other. Safe to repeat. */
export async function schedulesApply(io: Io, options: SchedulesOptions): Promise<number> {
  if (options.dryRun) return schedulesDiff(io, options);
  await useSandbox(io);
  const wanted = wantedSchedules(io, options.system);
  return withTemporal(io, async ({ client }) => {
    const before = await changesNow(client, wanted);
    const done: Change[] = [];
    const failed: string[] = [];
    for (const change of before) {
      if (!('want' in change)) {
        done.push(change);
        continue;
      }
      try {
        done.push(await applySchedule(client, change.want));
      } catch (error) {
        failed.push(`${change.scheduleId}: ${causeOf(error)}`);
      }
    }
    show(io, done, false);
    if (failed.length > 0) throw new CliError(`${failed.length} schedule(s) could not be applied`, exit.error, failed);
    const foreign = done.filter(({ kind }) => kind === 'foreign').map(({ scheduleId }) => scheduleId);
    if (foreign.length === 0) return exit.ok;
    const cure = `Rename ours, or delete theirs: temporal schedule delete --schedule-id ${foreign[0]}`;
    throw new CliError(`Somebody else's schedule has the id; left alone. ${cure}`, exit.refused, foreign);
  });
}

/** Temporal's own words; the SDK's "Failed to create schedule" says nothing. */
function causeOf(error: unknown): string {
  const text = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return /search attribute/i.test(text) ? `${text}. Register them: belay setup` : text;
}

/** `belay schedules prune`: deletes our schedules that no description asks for any more, after a question or with `--yes`. */
export async function schedulesPrune(io: Io, options: SchedulesOptions): Promise<number> {
  await useSandbox(io);
  const wanted = wantedSchedules(io, options.system, true);
  return withTemporal(io, async ({ client }) => {
    const left = (await changesNow(client, wanted)).filter((change) => change.kind === 'prune');
    if (left.length === 0 || options.dryRun) {
      show(io, left, options.dryRun ?? false);
      return exit.ok;
    }
    if (!options.yes) {
      for (const change of left) io.note(changeLines(change).join('\n'));
      if (io.json || !io.tty) throw new UsageError('prune deletes these schedules; give --yes');
      if (!(await confirm(`Delete ${left.length} schedule(s)?`))) return exit.refused;
    }
    const gone: Change[] = [];
    for (const change of left) if (await pruneSchedule(client, change.system, change.scheduleId)) gone.push(change);
    show(io, gone, false);
    return exit.ok;
  });
}

/** `belay schedules list`: every described and every applied schedule, when it runs next, and what needs a look. Read-only. */
export async function schedulesList(io: Io, options: SchedulesOptions): Promise<number> {
  await useSandbox(io);
  const wanted = wantedSchedules(io, options.system);
  return withTemporal(io, async ({ client }) => {
    const ids = wanted.schedules.map(({ scheduleId }) => scheduleId);
    const existing = await readSchedules(client, wanted.systems, ids);
    const now = Date.now();
    const rows = diff(wanted.schedules, existing, wanted.systems).map((change) =>
      scheduleRow(
        change,
        existing.find(({ scheduleId }) => scheduleId === change.scheduleId),
        now,
      ),
    );
    print(io, rows, () => listText(rows));
    return exit.ok;
  });
}
