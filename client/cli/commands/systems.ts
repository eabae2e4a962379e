import { relative } from 'node:path';
import { checkSchedules } from '../../../schedules/check.js';
import { checkRecipients } from '../../../systems/ageKeys.js';
import { checkSystemFile, problemText } from '../../../systems/check.js';
import { findSystemFile, listSystems, systemDirectories } from '../../../systems/directories.js';
import type { FurtherCheck } from '../../../systems/examine.js';
import { InvalidSystemError, loadSystem } from '../../../systems/load.js';
import { checkStarts } from '../../../systems/startChecks.js';
import { catalogue } from '../../../workflows/catalogue.js';
import { exit } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';

/** `belay systems check [files…]`: every problem with file, line and path. All known descriptions when no file is named. */
export function checkSystems(io: Io, files: string[]): number {
  const dirs = systemDirectories(io.env);
  const known = listSystems(dirs).flatMap((name) => findSystemFile(name, dirs) ?? []);
  const chosen = files.length > 0 ? files : known;
  const ofSchedules = checkSchedules(catalogue, Date.now());
  const ofStarts = checkStarts(catalogue);
  const further: FurtherCheck = (merged) => [...ofSchedules(merged), ...ofStarts(merged), ...checkRecipients(merged)];
  const problems = chosen.flatMap((file) => checkSystemFile(file, further));
  print(io, { files: chosen, problems }, () =>
    problems.length > 0
      ? problems.map(problemText).join('\n')
      : `${chosen.length} description(s) without a problem: ${chosen.map((file) => relative(process.cwd(), file)).join(', ')}`,
  );
  return problems.length > 0 ? exit.usage : exit.ok;
}

/** `belay systems list`: the descriptions that can be named in an input. */
export function systemList(io: Io): void {
  const rows = listSystems(systemDirectories(io.env)).map((name) => {
    try {
      const { system, hash, file } = loadSystem(name);
      const { title, environment, workloads } = system;
      return { name, title, environment, workloads: workloads.map((workload) => workload.name), hash, file };
    } catch (error) {
      if (error instanceof InvalidSystemError) return { name, title: 'not valid; see belay systems check' };
      throw error;
    }
  });
  print(io, rows, () =>
    table([
      ['SYSTEM', 'ENVIRONMENT', 'TITLE', 'WORKLOADS'],
      ...rows.map((row) => [row.name, row.environment ?? '', row.title, row.workloads?.join(', ') ?? '']),
    ]),
  );
}
