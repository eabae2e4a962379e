import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { configMapName } from '../../../../../activities/kubernetes/emergency/copyNames.js';
import { MARKER } from '../../../../../activities/kubernetes/emergency/marker.js';
import { workloadPath } from '../../../../../activities/kubernetes/model/paths.js';
import { clientsWithRights, live, merge, sandbox, SANDBOX_MS } from '../../support.js';
import { make } from '../support.js';
import {
  configMap,
  FOLDER,
  found,
  keysOf,
  marked,
  ONLY_LOOK,
  ref,
  remove,
  replicasIn,
  stop,
  storeAway,
  storeSilent,
  take,
  texts,
  world,
  type World,
} from './support.js';

beforeAll(async () => {
  await sandbox('kubernetes');
}, SANDBOX_MS);

const filesOf = async ({ folder }: World): Promise<string[]> =>
  (await readdir(`${folder}/${FOLDER}`).catch((): string[] => [])).toSorted();

describe('takeSnapshot', () => {
  test.concurrent('keeps the fields in the cluster and in the store, and notes that the system is down', async () => {
    const where = await world({ web: 3, idle: 0 });
    await make(where.clients, 'CronJob', where.namespace, 'nightly', {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] } } },
        },
      },
    });
    const keys = [...keysOf('web', 'idle'), 'CronJob/nightly'];
    const taken = await take(where, 'first', keys);
    expect(taken).toMatchObject({ adopted: false, warnings: [] });
    expect(replicasIn(taken.objects)).toEqual({ web: 3, idle: 0, nightly: undefined });
    expect(taken.objects.find(({ ref: { name } }) => name === 'nightly')?.fields).toEqual({ '/spec/suspend': false });
    const { uid } = (await live(where, ref(where, 'web'))).metadata;
    expect(taken.objects.find(({ ref: { name } }) => name === 'web')?.ref.uid).toBe(uid);
    const copies = await texts(where, 'first');
    expect(copies.cluster).toContain('"id":"first"');
    expect(copies.store).toBe(copies.cluster);
    expect(await configMap(where, 'belay-snapshot-first')).toMatchObject({ immutable: true });
    const [kept] = taken.snapshots;
    expect(kept).toMatchObject({ id: 'first', configMap: 'belay-snapshot-first' });
    expect(kept?.stored).toBe(where.evidence.reference(`${FOLDER}first.json`));
    expect(kept?.covers.toSorted()).toEqual(keys.toSorted());
    expect(await marked(where)).toEqual([{ ...kept, system: 'shop' }]);
    expect(await found(where)).toEqual({ found: true, ...taken, adopted: undefined });
  });

  test.concurrent('a repeat adopts its own copy as first written, whatever has changed since', async () => {
    const where = await world({ web: 3 });
    const first = await take(where, 'same', keysOf('web'));
    const before = await texts(where, 'same');
    await merge(where.clients, workloadPath(ref(where, 'web')), { spec: { replicas: 1 } });
    expect(await take(where, 'same', keysOf('web'))).toEqual({ ...first, adopted: true });
    expect(await texts(where, 'same')).toEqual(before);
    expect(await marked(where)).toHaveLength(1);
  });

  test.concurrent('a second shutdown saves only what the first one does not have', async () => {
    const where = await world({ web: 3, api: 2 });
    const first = await take(where, 'narrow', keysOf('web'));
    await stop(where, 'web');
    const second = await take(where, 'wide', keysOf('web', 'api'));
    expect(second).toMatchObject({
      adopted: false,
      snapshots: [{ id: 'narrow' }, { id: 'wide', covers: keysOf('api') }],
    });
    expect(replicasIn(second.objects)).toEqual({ web: 3, api: 2 });
    expect(second.surroundings).toEqual(first.surroundings);
    await stop(where, 'api');
    const third = await take(where, 'third', keysOf('web', 'api'));
    expect(third).toEqual({ ...second, adopted: true });
    expect(await texts(where, 'third')).toEqual({ cluster: undefined, store: undefined });
    expect(await filesOf(where)).toEqual(['narrow.json', 'wide.json']);
  });

  test.concurrent('objects that another system of the namespace has shut down stay with it', async () => {
    const where = await world({ web: 3, api: 2 });
    await take(where, 'theirs', keysOf('web'), 'billing');
    await stop(where, 'web');
    const taken = await take(where, 'ours', keysOf('web', 'api'));
    expect(replicasIn(taken.objects)).toEqual({ api: 2 });
    expect(taken.warnings).toEqual([expect.stringContaining('theirs of another system')]);
    expect((await marked(where))?.map(({ id, system, covers }) => [id, system, covers])).toEqual([
      ['theirs', 'billing', keysOf('web')],
      ['ours', 'shop', keysOf('api')],
    ]);
  });

  test.concurrent('what is gone by now is said, and nothing at all writes nothing', async () => {
    const where = await world({ web: 3 });
    const nothing = await take(where, 'nothing', keysOf('gone'));
    expect(nothing).toMatchObject({ adopted: false, snapshots: [], objects: [] });
    expect(nothing.warnings).toEqual([expect.stringContaining('Deployment/gone is not there')]);
    expect(await marked(where)).toBeUndefined();
    expect(await filesOf(where)).toEqual([]);
  });

  test.concurrent.each([
    ['away', storeAway, 'ECONNREFUSED'],
    ['silent', storeSilent, 'did not answer in time'],
  ] as const)('a store that is %s costs the second copy and little time', async (_, broken, cause) => {
    const where = await world({ web: 3 });
    const startedAt = Date.now();
    const taken = await take(broken(where), 'alone', keysOf('web'));
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(taken).toMatchObject({ adopted: false, snapshots: [{ configMap: 'belay-snapshot-alone', stored: '' }] });
    expect(taken.warnings.join(' ')).toContain(cause);
    const answer = await found(where);
    expect(replicasIn(answer.objects)).toEqual({ web: 3 });
    expect(answer.warnings).toEqual([expect.stringContaining('alone.json is not there')]);
  });

  test.concurrent('a cluster that refuses ConfigMaps costs the copy there and the mark', async () => {
    const where = await world({ web: 3, api: 2 });
    const poor: World = { ...where, clients: await clientsWithRights(where, 'onlooker', ONLY_LOOK) };
    const taken = await take(poor, 'stored', keysOf('web'));
    expect(taken).toMatchObject({ adopted: false, snapshots: [{ id: 'stored', configMap: '' }] });
    expect(taken.warnings.join('\n')).toMatch(/create configmaps|cannot create resource "configmaps"/);
    expect(taken.warnings.join('\n')).toContain('Name snapshot stored when you recover');
    expect(await marked(where)).toBeUndefined();
    await stop(where, 'web', { snapshot: 'stored', was: { '/spec/replicas': 3 } });
    // Without the mark of the namespace, those on the objects tell what is down.
    const second = await take(poor, 'wider', keysOf('web', 'api'));
    expect(second.snapshots.map(({ id, covers }) => [id, covers])).toEqual([
      ['stored', keysOf('web')],
      ['wider', keysOf('api')],
    ]);
    expect(replicasIn(second.objects)).toEqual({ web: 3, api: 2 });
    expect(replicasIn((await found(poor)).objects)).toEqual({ web: 3 });
    expect(replicasIn((await found(poor, 'wider')).objects)).toEqual({ api: 2 });
  });

  test.concurrent('with neither copy nothing may be stopped', async () => {
    const where = await world({ web: 3 });
    const poor = storeAway({ ...where, clients: await clientsWithRights(where, 'onlooker', ONLY_LOOK) });
    await expect(take(poor, 'none', keysOf('web'))).rejects.toMatchObject({
      type: 'SnapshotFailed',
      nonRetryable: false,
      message: expect.stringMatching(/nothing was stopped.*configmaps.*ECONNREFUSED.*Grant.*BELAY_EVIDENCE/s),
    });
    expect(await filesOf(where)).toEqual([]);
    // As soon as one is to be had, the same run goes on.
    expect(await take(where, 'none', keysOf('web'))).toMatchObject({ adopted: false, warnings: [] });
  });

  test.concurrent(
    'without the mark of the namespace, an object that was stopped is not saved as it is now',
    async () => {
      const where = await world({ web: 3, api: 2 });
      await take(where, 'before', keysOf('web'));
      await stop(where, 'web', { snapshot: 'before', was: { '/spec/replicas': 3 } });
      await remove(where, MARKER);
      const taken = await take(where, 'after', keysOf('web', 'api'));
      expect(replicasIn(taken.objects)).toEqual({ web: 3, api: 2 });
      expect((await marked(where))?.map(({ id, covers }) => [id, covers])).toEqual([
        ['before', keysOf('web')],
        ['after', keysOf('api')],
      ]);
    },
  );

  test.concurrent('where the first snapshot is lost, the object itself tells what it was', async () => {
    const where = await world({ web: 3 });
    await take(storeAway(where), 'lost', keysOf('web'));
    await stop(where, 'web', { snapshot: 'lost', was: { '/spec/replicas': 3 } });
    await remove(where, configMapName('lost'));
    const taken = await take(where, 'second', keysOf('web'));
    expect(taken).toMatchObject({ adopted: false });
    expect(replicasIn(taken.objects)).toEqual({ web: 3 });
    expect(taken.warnings.join(' ')).toContain('Snapshot lost is lost: Deployment/web is saved as its own mark says');
    expect(replicasIn((await found(where)).objects)).toEqual({ web: 3 });
  });
});
