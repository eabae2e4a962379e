import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClients, type KubeClients } from '../../../../activities/kubernetes/api/clients.js';
import { withPlace, type Cluster as Calls } from '../../../../activities/kubernetes/emergency/place.js';
import { RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { setFields } from '../../../../activities/kubernetes/emergency/setFields.js';
import type { ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import { waitReady } from '../../../../activities/kubernetes/emergency/waitReady.js';
import { waitStopped } from '../../../../activities/kubernetes/emergency/waitStopped.js';
import { type Cluster, cluster, deploy, live, podsOf, runner, runRef, SANDBOX_MS, soon, until } from '../support.js';

/** A way to the shared API server that can be cut without harm to others. */
class Way {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  port = 0;

  constructor(private readonly target: URL) {}

  async open(): Promise<void> {
    this.server = createServer((inner) => {
      const outer = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [inner, outer]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => (inner.destroy(), outer.destroy()));
      }
      inner.pipe(outer).pipe(inner);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }
}

let where: Cluster;
let way: Way;
let clients: KubeClients;
beforeAll(async () => {
  where = await cluster();
  const config = new KubeConfig();
  config.loadFromFile(where.kubeconfig);
  const [server, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!server || !user) throw new Error('no cluster');
  way = new Way(new URL(server.server));
  await way.open();
  config.loadFromClusterAndUser({ ...server, server: `https://127.0.0.1:${way.port}` }, user);
  clients = createClients(config);
}, SANDBOX_MS);

afterAll(() => way.cut());

/** Runs work as an activity, by the way that can be cut. */
function activity<T>(work: (calls: Calls) => Promise<T>) {
  const mock = runner();
  return { mock, done: mock.run(() => withPlace(() => clients, { namespace: where.namespace }, work), undefined) };
}

async function deployed(name: string, tag = '1.0'): Promise<ObjectRef> {
  const { kind, namespace } = await deploy(where, { name, replicas: 1, tag });
  const { metadata } = await live(where, { kind, namespace, name });
  return { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid: metadata.uid };
}

const set = (ref: ObjectRef, replicas: number) =>
  activity((calls) =>
    setFields(calls, { place: calls.place, changes: [{ ref, fields: { '/spec/replicas': replicas } }], run: runRef() }),
  );

test('waits go on when the API server comes back, and setting fields asks to be repeated', async () => {
  const ref = await deployed('away', '1.0-slow4');
  const starting = activity((calls) =>
    waitReady(calls, { place: calls.place, workloads: [{ ref, replicas: 1 }], deadlineAt: soon() }),
  );
  await until('it is watched', async () => starting.mock.beats.some(({ text }) => text.includes('0 of 1 pods ready')));
  way.cut();
  await until('the heartbeat says so', async () =>
    starting.mock.beats.some(({ text }) => text.startsWith('waiting for the API server (')),
  );
  await expect(set(ref, 0).done).rejects.toMatchObject({ type: 'ApiUnavailable', nonRetryable: false });
  expect((await live(where, { namespace: where.namespace, kind: 'Deployment', name: 'away' })).spec.replicas).toBe(1);
  await until('it is ready', async () => (await podsOf(where, 'away'))[0]?.status?.containerStatuses?.[0]?.ready);
  await way.open();
  expect((await starting.done).left).toEqual([]);

  const stopping = activity((calls) =>
    waitStopped(calls, { place: calls.place, workloads: [ref], deadlineAt: Date.now() + 2_000, kill: false }),
  );
  way.cut();
  // The last look, after the deadline, waits for the server.
  await sleep(4_000);
  await way.open();
  const { left, tookMs } = await stopping.done;
  expect(left).toMatchObject([{ key: 'Deployment/away', why: expect.stringContaining('it is to have 1 replica') }]);
  expect(tookMs).toBeGreaterThan(4_000);
  expect(await set(ref, 0).done).toMatchObject([{ outcome: 'changed' }]);
}, 60_000);

test('a wait that is cancelled ends at once, as cancelled', async () => {
  const ref = await deployed('endless', '1.0-notready');
  const workloads = [{ ref, replicas: 1 }];
  const waiting = activity((calls) => waitReady(calls, { place: calls.place, workloads, deadlineAt: soon() }));
  await until('it is watched', async () => waiting.mock.beats.some(({ text }) => text.includes('0 of 1 pods ready')));
  const cancelledAt = Date.now();
  waiting.mock.cancel();
  await expect(waiting.done).rejects.toThrow(/cancel/i);
  expect(Date.now() - cancelledAt).toBeLessThan(2_000);
});
