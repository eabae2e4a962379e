import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { down, up } from '../../sandbox/index.js';
import { stopPid } from '../../sandbox/kit/process.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { IncidentReport } from '../../workflows/incident/report.js';
import { textsOf } from '../scenarios/everything.js';
import { findSecrets } from '../scenarios/secretSearch.js';
import { startWorker, type WorkerProcess } from '../scenarios/workerProcess.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { endPagers, openIncident, personDoes, said } from './incidentPeople.js';
import { incidentPlace, type IncidentPlace, type IncidentStage, incidentStage, PEOPLE } from './incidentPlace.js';

/** A server of its own, whose workflows survive it. */
const NAME = `incident-${process.pid}`;
/** For a machine that does ten other things meanwhile. */
const PATIENCE_MS = 40 * 60_000;
/** With characters that look otherwise in URLs and in JSON. */
const secrets = { webhook: `p@ss/"w+rd ${randomUUID()}`, slack: `xoxb-&/+ ${randomUUID()}` };

const start = (): Promise<SandboxState> =>
  up({ name: NAME, components: ['temporal'], persistent: true, progress: (line) => process.stderr.write(`${line}\n`) });

let state: SandboxState;
let stage: IncidentStage;
let place: IncidentPlace;
let worker: WorkerProcess | undefined;
let client: Client;

const connect = async ({ temporal }: SandboxState): Promise<Client> =>
  new Client({ connection: await Connection.connect({ address: temporal?.address ?? '' }) });

beforeAll(async () => {
  // Also builds what worker processes run.
  await sandbox('temporal');
  state = await start();
  client = await connect(state);
  stage = await incidentStage(state, {
    WEBHOOK_SECRET: secrets.webhook,
    SLACK_TOKEN: secrets.slack,
    BELAY_LOG_LEVEL: 'debug',
  });
}, SANDBOX_MS);
afterAll(async () => {
  await worker?.kill();
  await client?.connection.close();
  await place?.dispose();
  await stage?.dispose();
  await down(NAME, { purge: true });
}, 120_000);

test(
  'deadlines that pass while the server is away are handled when it is back, nobody is paged twice, and no secret is told',
  async () => {
    // Nothing listens there: what Slack would be told is refused, with the token in use.
    const slack = { url: 'http://127.0.0.1:9/api/', token: secrets.slack } as NonNullable<SandboxState['slack']>;
    const levels: [number, number, number] = [0, 20, 25];
    place = await incidentPlace(stage, { slack }, levels);
    const log = join(stage.folder, 'worker.log');
    worker = await startWorker(stage.env, log);
    const workflowId = `incident/${place.name}/rule/${randomUUID()}`;
    await openIncident(client, place.name, { workflowId, taskQueue: stage.queue });
    await said(client, client.workflow.getHandle(workflowId), ['ada', 'told by']);
    const opened = Date.now();

    await client.connection.close();
    await stopPid(state.pids['temporal'] ?? 0, 5_000);
    const pagedBefore = pages();
    await sleep(Math.max(0, opened + (levels[2] + 2) * 1_000 - Date.now()));
    expect(pages()).toEqual(pagedBefore);
    state = await start();
    client = await connect(state);
    // The server may have come back under another address.
    await worker.kill();
    worker = await startWorker({ ...stage.env, TEMPORAL_ADDRESS: state.temporal?.address ?? '' }, log);

    const handle = client.workflow.getHandle(workflowId);
    await said(client, handle, ['cyd', 'told by']);
    await personDoes(client, handle, 'cyd', 'acknowledge');
    await personDoes(client, handle, 'cyd', 'resolve', { reason: 'it was the server' });
    const report = (await handle.result()) as IncidentReport;
    const texts = report.timeline.map(({ text }) => text).join('\n');
    expect(report).toMatchObject({ outcome: 'succeeded', figures: { highestLevel: 2 } });
    // The highest level that was due, at once; those below that had not been reached stand as passed over.
    expect(texts.includes('Level 2 (bob) was passed over')).toBe(pagedBefore.length === 1);
    expect(pages()).toEqual([...pagedBefore, 'cyd, level 3']);
    expect(new Set(pages()).size).toBe(pages().length);

    const places: Record<string, string[]> = { 'the worker log': [await readFile(log, 'utf8')] };
    for (const id of [workflowId, ...PEOPLE.map((person) => `pager/${place.name}/${person}`)]) {
      const one = client.workflow.getHandle(id);
      const history = await one.fetchHistory().catch(() => undefined);
      if (history) places[`history of ${id}`] = [...textsOf(history), ...textsOf((await one.describe()).raw)];
    }
    const files = (await readdir(stage.evidence, { recursive: true })).filter((file) => /\.(json|md)$/.test(file));
    places['reports'] = await Promise.all(files.map((file) => readFile(join(stage.evidence, file), 'utf8')));
    places['messages'] = place.deliveries.map(({ body }) => body);
    expect(Object.values(places).map((found) => found.join('').length > 0)).not.toContain(false);
    expect(Object.keys(places).length).toBeGreaterThanOrEqual(6);
    expect(findSecrets(secrets, places)).toEqual([]);
    await endPagers(client, place.name, PEOPLE);
  },
  PATIENCE_MS,
);

/** Pages by person and level, each key once, as a receiver that heeds it counts them. */
function pages(): string[] {
  const all = place.deliveries.filter(({ kind }) => kind === 'page');
  return [...new Map(all.map(({ key, to, level }) => [key, `${to}, level ${level}`])).values()];
}
