import { join } from 'node:path';
import pc from 'picocolors';
import { down, up } from '../../sandbox/index.js';
import { DEFAULT_COMPONENTS } from '../../sandbox/parts.js';
import { changes, demoSystem, preparePlace } from '../demo/place.js';
import { standing } from '../demo/cluster.js';
import { flipOneByte, secretsOf } from '../demo/estate.js';
import { incidentSecrets, playIncident } from '../demo/incident.js';
import { startWorker } from '../demo/workerProcess.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { newWorkflowId } from '../ids.js';
import { runUrl, startFormUrl } from '../links.js';
import type { Temporal } from '../connection.js';
import { begin } from './commands/start.js';
import type { Io } from './io.js';
import { prepareInput } from './prepare.js';
import { addresses } from './sandboxAddresses.js';
import { taskQueue, uiPlace, withTemporal } from './session.js';
import { watchRun } from './watch/watch.js';

/** One job of the demo: what is done, and the exit code that it must end with. */
interface Scene {
  title: string;
  runbook: string;
  input: object;
  expected: number;
  /** What happens in the world before it; one line for the reader. */
  before?: (state: SandboxState) => Promise<string>;
  /** What stands in the world after it; one line. */
  after?: (state: SandboxState) => Promise<string>;
}

const update = (title: string, reason: string, tag: (service: string) => string, expected: number): Scene => {
  return { title, runbook: 'rollingUpdate', input: { changes: changes(tag), reason }, expected };
};

const scenes: Scene[] = [
  update('Update three services, one after another', 'Release 1.4.2', () => '1.4.2', 0),
  update(
    'Update to a version of which one service crashes: found, explained, rolled back',
    'Release 1.4.3',
    (service) => (service === 'websocket-server' ? '1.4.3-crashfast' : '1.4.3'),
    4,
  ),
  update(
    'Try the same version once more: refused, since it is quarantined',
    'Again by mistake',
    (service) => (service === 'websocket-server' ? '1.4.3-crashfast' : '1.4.2'),
    3,
  ),
  {
    title: 'Back up the database, restore it into a throwaway instance, compare every row',
    runbook: 'backup',
    input: { verify: 'L6', reason: 'Before the weekend' },
    expected: 0,
  },
  {
    title: 'Verify the same backup again: the damage is found, and the backup no longer counts',
    runbook: 'verifyBackup',
    input: { source: 'database', backup: 'latest', level: 'L6', reason: 'Weekly restore test' },
    expected: 6,
    before: async (state) => `One byte of ${await flipOneByte(state)} is changed behind the store's back.`,
  },
  {
    title: 'Emergency: take the whole system down, its state saved first',
    runbook: 'emergencyShutdown',
    input: { reason: 'INC-311: funds are draining', preserveEvidence: true },
    expected: 0,
    before: async (state) => `Before: ${await standing(state, demoSystem)}`,
    after: async (state) => `Down: ${await standing(state, demoSystem)}`,
  },
  {
    title: 'Bring back exactly what was there: tier by tier, autoscaler and CronJobs after the pods, traffic last',
    runbook: 'emergencyRecovery',
    input: { reason: 'INC-311 is over' },
    expected: 0,
    after: async (state) => `Back: ${await standing(state, demoSystem)}`,
  },
];

async function play(io: Io, temporal: Temporal, state: SandboxState, scene: Scene): Promise<string> {
  io.out(`\n${pc.bold(scene.title)}`);
  if (scene.before) io.out(await scene.before(state));
  const input = { system: demoSystem, ...scene.input };
  const prepared = await prepareInput(io, scene.runbook, { input: JSON.stringify(input) }, []);
  const run = await begin(io, temporal, prepared);
  const { code } = await watchRun(temporal.client, run, io);
  if (code !== scene.expected) throw new Error(`${run.workflowId} ended with exit code ${code}, not ${scene.expected}`);
  if (scene.after) io.out(await scene.after(state));
  const place = uiPlace(io, temporal);
  return place ? runUrl(place, run.workflowId, run.runId) : run.workflowId;
}

/** The last scene has no input of its own: an alert opens it, and people act on it. */
async function playLadder(io: Io, temporal: Temporal, state: SandboxState): Promise<string> {
  io.out(
    `\n${pc.bold('An alert at night: the ladder climbs until somebody answers (a second stands for a minute and a half)')}`,
  );
  const workflowId = await playIncident(temporal.client, state, io.env, demoSystem, (line) => io.out(line));
  const place = uiPlace(io, temporal);
  return place ? runUrl(place, workflowId) : workflowId;
}

/** How to start the next run by hand, in the UI or in a second terminal. */
function nextRun(io: Io, temporal: Temporal): string[] {
  const input = {
    system: demoSystem,
    changes: changes(() => '1.5.0').slice(0, 1),
    reason: 'My first',
    requestedBy: 'me',
  };
  const place = uiPlace(io, temporal);
  const workflowId = newWorkflowId('rollingUpdate', demoSystem);
  const form = place
    ? startFormUrl(place, { taskQueue: taskQueue(io), runbook: 'rollingUpdate', workflowId })
    : undefined;
  const json = JSON.stringify(input);
  return [
    pc.bold('Start the next one yourself:'),
    ...(form === undefined ? [] : [`  open ${form}`, `  and give it as input: ${json}`]),
    `  or: node dist/client/cli/main.js start rollingUpdate --watch --input '${json}'`,
  ];
}

/** Ends with Ctrl+C, so that what was shown can be looked at in the UI. */
const untilInterrupted = (): Promise<void> => new Promise((resolve) => process.once('SIGINT', () => resolve()));

/**
 * `belay demo`: real Temporal, Kubernetes API, PostgreSQL and S3, a worker; one update that succeeds and one that is rolled back,
 * one backup that is verified and one damaged byte that is caught, a shutdown and the way back, an alert and its ladder. With `exit` it stops
 * everything at the end; otherwise it stays up until Ctrl+C, and the sandbox beyond that.
 */
export async function demo(io: Io, options: { exit?: boolean }): Promise<number> {
  const name = io.env['BELAY_SANDBOX'];
  const state = await up({
    progress: (line) => io.note(line),
    components: [...DEFAULT_COMPONENTS, 'alertmanager'],
    ...(name && name !== 'off' ? { name } : {}),
  });
  await preparePlace(state);
  // The demo is about the sandbox, whatever else this terminal is set up for.
  Object.assign(io.env, addresses(state, {}), secretsOf(state), incidentSecrets(state), { BELAY_SANDBOX: 'off' });
  const log = join(state.dir, 'demo-worker.log');
  const worker = await startWorker(io.env, log);
  io.note(`Worker ready after ${worker.readyMs} ms; its log: ${log}`);
  try {
    await withTemporal(io, async (temporal) => {
      const links: string[] = [];
      for (const scene of scenes) links.push(await play(io, temporal, state, scene));
      links.push(await playLadder(io, temporal, state));
      if (!options.exit) io.out(['', ...nextRun(io, temporal)].join('\n'));
      io.out(
        ['', pc.bold('In the Temporal UI:'), ...links.map((link) => `  ${link}`), `  ${state.temporal?.ui}`].join('\n'),
      );
    });
    if (!options.exit) {
      io.out('\nThe worker runs on. Ctrl+C ends it.');
      await untilInterrupted();
    }
  } finally {
    await worker.stop();
    if (options.exit) await down(state.name);
    else io.note('The sandbox stays up: belay sandbox down stops it.');
  }
  return 0;
}
