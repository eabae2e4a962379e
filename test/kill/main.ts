// `npm run test:kill [-- --all] [-- --every 10] [-- good|rolledBack|backup|swap|drill|retention|shutdown|recovery|failedRecovery|incident]`: the kill test alone, on a sandbox of its own.
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { withOwnSandbox } from '../scenarios/ownSandbox.js';
import { sandbox } from '../setup/sandbox.js';
import { backupCourse, drillCourse, retentionCourse, swapCourse } from './backups.js';
import { failedCourse, recoveryCourse, shutdownCourse } from './emergency.js';
import { killTest, type KillOptions, type KillReport } from './harness.js';
import { incidentCourse } from './incident.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { goodCourse, rolledBackCourse } from './rollingUpdate.js';
import { table } from './table.js';

type Play = (state: SandboxState, options: KillOptions) => Promise<KillReport>;

const courses: Record<string, Play> = {
  good: (state, options) => killTest(goodCourse(state), options),
  rolledBack: (state, options) => killTest(rolledBackCourse(state), options),
  backup: (state, options) => killTest(backupCourse(state), options),
  swap: (state, options) => killTest(swapCourse(state), options),
  drill: (state, options) => killTest(drillCourse(state), options),
  retention: (state, options) => killTest(retentionCourse(state), options),
  shutdown: (state, options) => killTest(shutdownCourse(state, options.client), options),
  recovery: (state, options) => killTest(recoveryCourse(state, options.client), options),
  failedRecovery: (state, options) => killTest(failedCourse(state, options.client), options),
  incident: (state, options) => killTest(incidentCourse(state, options.client), options),
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      every: { type: 'string', default: '25' },
      'at-once': { type: 'string', default: '6' },
    },
  });
  const state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'objectstore', 'postgres');
  const connection = await Connection.connect({ address: state.temporal?.address ?? '' });
  const client = new Client({ connection });
  const every = values.all ? 1 : Number(values.every);
  for (const [name, course] of Object.entries(courses)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const report = await course(state, {
      client,
      every,
      atOnce: Number(values['at-once']),
      progress: (line) => console.log(line),
    });
    console.log(`\n${table(report)}\n`);
    if (report.runs.some((run) => run.problems.length > 0)) process.exitCode = 1;
  }
  await connection.close();
}

await withOwnSandbox('kill', main);
