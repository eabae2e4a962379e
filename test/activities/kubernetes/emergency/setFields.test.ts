import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import type { Call } from '../../../../activities/kubernetes/api/clients.js';
import { readField } from '../../../../activities/kubernetes/emergency/fields.js';
import { readMark } from '../../../../activities/kubernetes/emergency/mark.js';
import { keyOf } from '../../../../activities/kubernetes/emergency/place.js';
import { listPath, objectPath } from '../../../../activities/kubernetes/emergency/resources.js';
import { type Cluster, clientsWithRights, cluster, merge, SANDBOX_MS } from '../support.js';
import { extensions } from './extensions.js';
import { FieldGround, outcomes } from './fieldGround.js';
import { counting } from './support.js';

let where: Cluster;
let on: FieldGround;
beforeAll(async () => {
  where = await cluster();
  await extensions(where.clients);
  on = new FieldGround(where);
}, SANDBOX_MS);

/** The same client, with some calls answered otherwise. */
const bent = (answer: (call: Call) => Error | undefined): KubeClients => ({
  ...where.clients,
  call: (call) => {
    const error = answer(call);
    return error ? Promise.reject(error) : where.clients.call(call);
  },
});
const apiError = (status: number, { method = 'GET', path }: Call, message = 'no') =>
  new ApiError(status, '', message, { method, path });

describe('what stands in the way', () => {
  test('of one object does not keep the others: gone, replaced, forbidden, not ours to change', async () => {
    const gone = { ...(await on.deployed('gone', 0)), name: 'never-was', uid: 'gone' };
    const replaced = { ...(await on.deployed('replaced', 0)), uid: 'of-before' };
    const fine = await on.deployed('fine', 2);
    const cron = await on.made('HelmRelease', 'forbidden', { spec: { values: { password: 'hunter-22' } } });
    const clients = await clientsWithRights(where, 'apps-only', [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'patch'] },
      { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: ['get'] },
    ]);
    const fields = { '/spec/replicas': 0 };
    const { clients: counted, paths } = counting(clients);
    const changes = await on.set(
      [
        { ref: gone, fields },
        { ref: { ...replaced, uid: 'of-before' }, fields: { '/spec/replicas': 5 } },
        { ref: cron, fields: { '/spec/suspend': true } },
        { ref: fine, fields },
        { ref: fine, fields: { '/spec/template/spec/serviceAccountName': 'root' } },
      ],
      {},
      counted,
    );
    // The server is asked whether it is there at most between two tries: what is forbidden is believed at once.
    expect(paths.filter((path) => path === '/version').length).toBeLessThan(2);
    expect(changes).toEqual([
      { key: 'Deployment/never-was', outcome: 'gone', problem: expect.stringContaining('not exist') },
      { key: 'Deployment/replaced', outcome: 'gone', problem: expect.stringContaining('another Deployment') },
      {
        key: 'HelmRelease/forbidden',
        outcome: 'failed',
        problem: expect.stringContaining('Grant patch helmreleases.helm.toolkit.fluxcd.io'),
        command: `kubectl -n ${where.namespace} patch helmreleases.helm.toolkit.fluxcd.io forbidden --type=merge -p '{"spec":{"suspend":true}}'`,
      },
      { key: 'Deployment/fine', outcome: 'changed' },
      { key: 'Deployment/fine', outcome: 'failed', problem: expect.stringContaining('never changes') },
    ]);
    expect(readField(await on.read(replaced), '/spec/replicas')).toBe(0);
    expect(JSON.stringify(changes)).not.toContain('hunter-22');
  });

  test('a refusal names cause and command, and no env value', async () => {
    const ref = await on.deployed('refused', 2, { TOKEN: 'tok-4711' });
    const clients = bent((call) =>
      call.method === 'PATCH' ? apiError(422, call, 'a policy denies it because of tok-4711') : undefined,
    );
    const [change] = await on.set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients);
    expect(change).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('a policy denies it because of [redacted]'),
      command: `kubectl -n ${where.namespace} scale deployment/refused --replicas=0`,
    });
  });

  test('a webhook that puts another value is found out', async () => {
    const ref = await on.deployed('overruled', 2);
    const clients: KubeClients = {
      ...where.clients,
      call: (call) => {
        const body = call.method === 'PATCH' ? [{ op: 'add', path: '/spec/replicas', value: 1 }] : call.body;
        return where.clients.call({ ...call, body });
      },
    };
    const [change] = await on.set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients);
    expect(change).toMatchObject({
      outcome: 'failed',
      problem: expect.stringMatching(/\/spec\/replicas does not stand as asked; look for an admission webhook/),
    });
  });

  test('an object that the server cannot write for long is given up, the others are done', async () => {
    const [broken, fine] = await Promise.all([on.deployed('broken', 1), on.deployed('whole', 1)]);
    const clients = bent((call) =>
      call.method === 'PATCH' && call.path === objectPath(broken) ? apiError(500, call, 'webhook failed') : undefined,
    );
    const changes = [broken, fine].map((ref) => ({ ref, fields: { '/spec/replicas': 0 } }));
    expect(await on.set(changes, {}, clients)).toEqual([
      {
        key: 'Deployment/broken',
        outcome: 'failed',
        problem: expect.stringContaining('webhook failed'),
        command: `kubectl -n ${where.namespace} scale deployment/broken --replicas=0`,
      },
      { key: 'Deployment/whole', outcome: 'changed' },
    ]);
  }, 30_000);

  test('no room for mark and change-cause does not keep it running', async () => {
    const ref = await on.deployed('full', 2);
    await merge(where.clients, objectPath(ref), { metadata: { annotations: { big: 'x'.repeat(262_060) } } });
    const mark = { snapshot: 's1', was: { 'Deployment/full': { '/spec/replicas': 2 } } };
    const [change] = await on.set([{ ref, fields: { '/spec/replicas': 0 } }], { mark });
    expect(change).toEqual({ key: 'Deployment/full', outcome: 'changed' });
    expect(readMark(await on.read(ref))).toBeUndefined();
  });

  test('others who write at the same moment are waited out', async () => {
    const ref = await on.deployed('busy', 1);
    let others = 0;
    const clients: KubeClients = {
      ...where.clients,
      call: async (call) => {
        if (call.method === 'PATCH' && others < 3)
          await merge(where.clients, objectPath(ref), { metadata: { labels: { other: String(++others) } } });
        return where.clients.call(call);
      },
    };
    expect(outcomes(await on.set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients))).toEqual(['changed']);
    expect((await on.read(ref)).metadata.labels).toEqual({ other: '3' });
  });
});

describe('an API server that is away', () => {
  test('throws, to be tried again, also in the middle: the repeat does the rest', async () => {
    const refs = await Promise.all(['away-1', 'away-2', 'away-3'].map((name) => on.deployed(name, 1)));
    const changes = refs.map((ref) => ({ ref, fields: { '/spec/replicas': 0 } }));
    const unavailable = { type: 'ApiUnavailable', nonRetryable: false };
    await expect(
      on.set(
        changes,
        {},
        bent((call) => apiError(0, call, 'refused')),
      ),
    ).rejects.toMatchObject(unavailable);
    const [first] = refs.map(objectPath);
    // It takes the first write, and is away for all others and afterwards.
    const dying = bent((call) =>
      (call.method === 'PATCH' && call.path !== first) || call.path === '/version'
        ? apiError(0, call, 'refused')
        : undefined,
    );
    await expect(on.set(changes, {}, dying)).rejects.toMatchObject(unavailable);
    expect(outcomes(await on.set(changes))).toEqual(['already', 'changed', 'changed']);
  });

  test('for a moment is waited out, and a write whose answer was lost counts as changed', async () => {
    const refs = await Promise.all(['lost-1', 'lost-2'].map((name) => on.deployed(name, 1)));
    let lost = false;
    const clients: KubeClients = {
      ...where.clients,
      call: async (call) => {
        const answer = await where.clients.call<never>(call);
        if (call.method !== 'PATCH' || lost) return answer;
        lost = true;
        throw apiError(0, call, 'socket hang up');
      },
    };
    const changes = refs.map((ref) => ({ ref, fields: { '/spec/replicas': 0 } }));
    expect(outcomes(await on.set(changes, {}, clients))).toEqual(['changed', 'changed']);
    expect(lost).toBe(true);
  });

  test('that has not read the roles yet is not believed when it forbids everything', async () => {
    const ref = await on.deployed('roles', 1);
    const until = Date.now() + 1_000;
    const clients = bent((call) => (Date.now() < until ? apiError(403, call, 'forbidden') : undefined));
    expect(outcomes(await on.set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients))).toEqual(['changed']);
  });
});

test('many of a kind are listed at once and written one by one', async () => {
  const { namespace } = where;
  const refs = await Promise.all(
    Array.from({ length: 40 }, (_, index) => on.made('Kustomization', `many-${index}`, { spec: {} })),
  );
  const { clients, paths } = counting(where.clients);
  const changes = await on.set(
    refs.map((ref) => ({ ref, fields: { '/spec/suspend': true } })),
    {},
    clients,
  );
  expect(outcomes(changes)).toEqual(refs.map(() => 'changed'));
  expect(changes.map(({ key }) => key)).toEqual(refs.map((ref) => keyOf({ namespace }, ref)));
  expect(paths.filter((path) => path === listPath('Kustomization', namespace))).toHaveLength(1);
  expect(paths).toHaveLength(41);
});

test('change-cause tells what happened to a workload, and nothing of its template', async () => {
  const ref = await on.deployed('caused', 2, { TOKEN: 'tok-4711' });
  await on.set([{ ref, fields: { '/spec/replicas': 0 } }]);
  const live = await on.read(ref);
  expect(live.metadata.annotations?.['kubernetes.io/change-cause']).toBe(
    'belay update-1: scaled from 2 to 0 by ada: test',
  );
});
