import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { routeAlert } from '../../client/incidents/route.js';
import { freePort } from '../../sandbox/kit/ports.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import { belay, built, cleanEnv } from '../client/cli.js';
import { newName } from '../client/incidents/place.js';
import { alert, shop, shopInput } from '../client/incidents/shop.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { webhook } from './place.js';

const PATIENCE_MS = 60_000;

let address: string;
let client: Client;
beforeAll(async () => {
  address = (await sandbox('temporal')).temporal?.address ?? '';
  client = new Client({ connection: await Connection.connect({ address }) });
  await built();
}, SANDBOX_MS);
afterAll(() => client.connection.close());

/** A way to Temporal that can be cut, so that the server itself stays as it is for others. */
class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  constructor(readonly port: number) {}

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async join(): Promise<void> {
    const [host = '', port = ''] = address.split(':');
    this.server = createServer((near) => {
      const far = connect(Number(port), host);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    const { server } = this;
    await new Promise<void>((resolve) => void server.listen(this.port, '127.0.0.1', resolve));
  }

  async cut(): Promise<void> {
    const { server } = this;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    await closed;
  }
}

/** A gateway's process, its port, and what it has written. */
interface Gateway {
  child: ChildProcess;
  port: number;
  lines: string[];
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const main = join(projectRoot(), 'dist', 'client', 'cli', 'main.js');

async function start(env: Record<string, string>, port = 0): Promise<Gateway> {
  const child = spawn(process.execPath, [main, 'gateway', '--port', String(port)], {
    env: cleanEnv(env),
    cwd: tmpdir(),
  });
  const lines: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<number>((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error(`not ready: ${lines.join('')}`)), PATIENCE_MS);
    const read = (data: Buffer) => {
      lines.push(data.toString());
      const found = /"port":(\d+).*"msg":"gateway ready"/.exec(lines.join(''));
      if (!found) return;
      clearTimeout(giveUp);
      resolve(Number(found[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then((code) => {
      clearTimeout(giveUp);
      reject(new Error(`ended with ${code}: ${lines.join('')}`));
    });
  });
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { child, port: await ready, lines, stop };
}

const rules = [{ id: 'down', groupBy: ['host'] }];
/** Far above what a test opens. */
const storm = { incidents: 10_000, withinSeconds: 1 };

/** A description with one Alertmanager, and the environment of a gateway that serves it. */
function described(temporal: string): { name: string; env: Record<string, string>; idOf: (host: string) => string } {
  const name = newName();
  const folder = mkdtempSync(join(tmpdir(), 'belay-gateway-'));
  const source = `am-${name}`;
  const incidents = {
    rules,
    storm,
    sources: { [source]: { type: 'alertmanager' as const, tokens: ['env:AM_TOKEN'] } },
  };
  const system = shop(incidents, name);
  writeFileSync(join(folder, `${name}.yaml`), stringify(shopInput(incidents, name)));
  const env = {
    ...{ TEMPORAL_ADDRESS: temporal, BELAY_SYSTEMS: folder, BELAY_TASK_QUEUE: `nobody-${name}` },
    AM_TOKEN: 'token-of-alertmanager',
  };
  return { name, env, idOf: (host) => routeAlert(system, alert({ alertname: 'Down', host })).workflowId };
}

/** Status of a webhook about one host; `undefined` when nobody listened. */
async function tell(port: number, name: string, host: string): Promise<number | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/alertmanager/am-${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer token-of-alertmanager' },
      body: JSON.stringify(webhook({}, { labels: { alertname: 'Down', host }, fingerprint: host })),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}

const isOpen = async (incident: string): Promise<boolean> => {
  try {
    return (await client.workflow.getHandle(incident).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
    throw error;
  }
};

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('belay gateway', () => {
  test('stopped, killed and started again while alerts come: what got 2xx is there, and the rest was told to come again', async () => {
    const { name, env, idOf } = described(address);
    const port = await freePort();
    let gateway = await start(env, port);
    const hosts = Array.from({ length: 120 }, (_, i) => `h${i}`);
    const answers = new Set<number | undefined>();
    let done = 0;
    // As Alertmanager does: 2xx ends it, 5xx and broken connections are tried again.
    const sender = async (mine: string[]) => {
      for (const host of mine) {
        await until(`${host} is taken`, async () => {
          const status = await tell(port, name, host);
          answers.add(status);
          return status === 202;
        });
        expect(await isOpen(idOf(host))).toBe(true);
        done += 1;
      }
    };
    const senders = Promise.all([0, 1, 2, 3].map((lane) => sender(hosts.filter((_, i) => i % 4 === lane))));
    const codes: (number | null)[] = [];
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      const before = done;
      await until('some are taken', async () => done > before + 10);
      codes.push(await gateway.stop(signal));
      gateway = await start(env, port);
    }
    await senders;
    expect(codes).toEqual([0, null, 0]);
    expect([...answers].filter((status) => status !== undefined && status !== 202 && status !== 503)).toEqual([]);
    const there = await Promise.all(hosts.map((host) => isOpen(idOf(host))));
    expect(there.filter(Boolean)).toHaveLength(hosts.length);
    expect(await gateway.stop('SIGTERM')).toBe(0);
  });

  test('starts without Temporal, answers 503, and takes alerts once it is there; the same when it goes away', async () => {
    const wire = new Wire(await freePort());
    const { name, env, idOf } = described(wire.address);
    const gateway = await start(env);
    const ready = async () => (await fetch(`http://127.0.0.1:${gateway.port}/readyz`)).status;
    try {
      expect(await ready()).toBe(503);
      expect(await tell(gateway.port, name, 'early')).toBe(503);
      expect(await isOpen(idOf('early'))).toBe(false);
      await wire.join();
      await until('ready', async () => (await ready()) === 200);
      expect(await tell(gateway.port, name, 'early')).toBe(202);
      expect(await isOpen(idOf('early'))).toBe(true);
      await wire.cut();
      expect(await tell(gateway.port, name, 'late')).toBe(503);
      expect(await isOpen(idOf('late'))).toBe(false);
      await wire.join();
      await until('taken', async () => (await tell(gateway.port, name, 'late')) === 202);
      expect(await isOpen(idOf('late'))).toBe(true);
    } finally {
      expect(await gateway.stop('SIGTERM')).toBe(0);
      await wire.cut();
    }
    expect(gateway.lines.join('')).not.toContain('token-of-alertmanager');
  });

  test('one source in two systems: exit code 2, and the message names both', async () => {
    const source = { am: { type: 'alertmanager', tokens: ['env:AM_TOKEN'] as [string] } } as const;
    const folder = mkdtempSync(join(tmpdir(), 'belay-gateway-'));
    for (const name of ['one', 'two'])
      writeFileSync(join(folder, `${name}.yaml`), stringify(shopInput({ sources: source }, name)));
    const env = { BELAY_SYSTEMS: folder, TEMPORAL_ADDRESS: address };
    const both = await belay(['gateway', '--port', '0'], env);
    expect([both.code, both.stdout]).toEqual([2, expect.stringContaining('source \\"am\\" stands in one and in two')]);
  });

  test('a port that is no port: exit code 2', async () => {
    const ran = await belay(['gateway', '--port', 'http'], { TEMPORAL_ADDRESS: address });
    expect([ran.code, ran.stdout]).toEqual([2, expect.stringContaining('BELAY_GATEWAY_PORT')]);
  });
});
