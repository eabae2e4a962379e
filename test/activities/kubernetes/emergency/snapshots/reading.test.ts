import { rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../../activities/kubernetes/api/apiError.js';
import { configMapName } from '../../../../../activities/kubernetes/emergency/copyNames.js';
import { MARKER } from '../../../../../activities/kubernetes/emergency/marker.js';
import { wholeOf } from '../../../../../activities/kubernetes/emergency/snapshotText.js';
import type { Snapshot } from '../../../../../activities/kubernetes/emergency/types.js';
import { corePath, workloadPath } from '../../../../../activities/kubernetes/model/paths.js';
import { clientsWithRights, create, merge, sandbox, SANDBOX_MS } from '../../support.js';
import {
  close,
  configMap,
  FOLDER,
  found,
  intercepted,
  keysOf,
  lost,
  marked,
  ONLY_LOOK,
  read,
  ref as refOf,
  remove,
  replicasIn,
  run,
  stop,
  storeAway,
  take,
  texts,
  world,
  type World,
} from './support.js';

beforeAll(async () => {
  await sandbox('kubernetes');
}, SANDBOX_MS);

/** Somebody replaces the ConfigMap by one with another text. */
async function replaceInCluster(where: World, id: string, change: (text: string) => string): Promise<void> {
  const map = await configMap(where, configMapName(id));
  const text = change(map?.data?.['snapshot.json'] ?? '');
  await remove(where, configMapName(id));
  await create(where.clients, corePath(where.namespace, 'configmaps'), {
    metadata: { name: configMapName(id) },
    data: { 'snapshot.json': text },
  });
}

const replaceInStore = async (where: World, id: string, change: (text: string) => string): Promise<void> => {
  const key = `${FOLDER}${id}.json`;
  await writeFile(`${where.folder}/${key}`, change((await where.evidence.read(key)) ?? ''));
};

const removeFromStore = ({ folder }: World, name: string) => rm(`${folder}/${FOLDER}${name}`);

const changed = (text: string): string => text.replace('"/spec/replicas":3', '"/spec/replicas":9');
const cut = (text: string): string => text.slice(0, text.length / 2);
/** Changed with a digest that fits. */
const forged = (text: string): string => wholeOf((JSON.parse(changed(text)) as { snapshot: Snapshot }).snapshot).text;

describe('a copy that is not whole', () => {
  test.concurrent.each<[string, (where: World) => Promise<unknown>, string]>([
    ['ConfigMap deleted', (where) => remove(where, 'belay-snapshot-one'), 'ConfigMap belay-snapshot-one is not there'],
    ['ConfigMap changed', (where) => replaceInCluster(where, 'one', changed), 'does not match its own digest'],
    [
      'ConfigMap forged',
      (where) => replaceInCluster(where, 'one', forged),
      'another digest than the one that was noted',
    ],
    ['ConfigMap emptied', (where) => replaceInCluster(where, 'one', () => ''), 'is not whole'],
    ['file deleted', (where) => removeFromStore(where, 'one.json'), 'one.json is not there'],
    ['file changed', (where) => replaceInStore(where, 'one', changed), 'does not match its own digest'],
    ['file forged', (where) => replaceInStore(where, 'one', forged), 'another digest than the one that was noted'],
    ['file cut off', (where) => replaceInStore(where, 'one', cut), 'is not whole'],
  ])('%s: the other one serves, with a warning', async (_, damage, warning) => {
    const where = await world({ web: 3 });
    const taken = await take(where, 'one', keysOf('web'));
    await stop(where, 'web');
    await damage(where);
    for (const snapshot of ['latest', 'one']) {
      const answer = await found(where, snapshot);
      expect(answer.objects).toEqual(taken.objects);
      expect(answer.warnings).toEqual([expect.stringContaining(warning)]);
    }
  });

  test.concurrent('both: nothing is found, and each object tells for itself', async () => {
    const where = await world({ web: 3, api: 2, db: 1 });
    await take(where, 'one', keysOf('web', 'api'));
    await take(where, 'two', keysOf('db'));
    await stop(where, 'web', { snapshot: 'one', was: { '/spec/replicas': 3, '/spec/paused': true } });
    await stop(where, 'api');
    await replaceInCluster(where, 'one', forged);
    await replaceInStore(where, 'one', cut);
    const answer = await lost(where);
    expect(answer.problem).toMatch(/snapshot one can be trusted.*another digest.*is not whole/s);
    expect(replicasIn(answer.guess)).toEqual({ db: 1, web: 3, api: 0 });
    expect(answer.guess.find(({ ref }) => ref.name === 'web')?.fields).toEqual({ '/spec/replicas': 3 });
    expect(Object.fromEntries(answer.guess.map(({ ref, because }) => [ref.name, because]))).toEqual({
      db: 'snapshot two, which is whole',
      web: 'its own mark, written when snapshot one was taken',
      api: expect.stringContaining('nothing tells'),
    });
    expect(replicasIn((await lost(where, 'lastKnownGood')).guess)).toEqual({ db: 1, web: 3, api: 0 });
    expect(await lost(where, 'one')).toMatchObject({ guess: [{ ref: { name: 'api' } }, { ref: { name: 'web' } }] });
    expect(replicasIn((await found(where, 'two')).objects)).toEqual({ db: 1 });
  });

  test.concurrent('a cluster that does not answer for a moment is no reason to guess', async () => {
    const where = await world({ web: 3 });
    await take(storeAway(where), 'one', keysOf('web'));
    const shaky = intercepted(where, ({ method = 'GET', path }) => {
      if (path.endsWith('belay-snapshot-one')) throw new ApiError(503, 'Busy', 'try again', { method, path });
    });
    await expect(read(shaky)).rejects.toMatchObject({ type: 'ApiUnavailable', nonRetryable: false });
    expect(replicasIn((await found(where)).objects)).toEqual({ web: 3 });
  });
});

describe('without the mark of the namespace', () => {
  test.concurrent.each<[string, (where: World) => Promise<unknown>, RegExp]>([
    ['deleted', (where) => remove(where, MARKER), /belay-shutdown, which says what is down, is not there/],
    [
      'damaged',
      async (where) => {
        await remove(where, MARKER);
        await create(where.clients, corePath(where.namespace, 'configmaps'), {
          metadata: { name: MARKER },
          data: { snapshots: '[{"id":' },
        });
      },
      /belay-shutdown is damaged: its list of snapshots is not JSON/,
    ],
  ])('%s: the newest that is not closed counts', async (_, damage, warning) => {
    const where = await world({ web: 3, api: 2 });
    await take(where, 'old', keysOf('web'));
    await close(where, 'old');
    await take(where, 'new', keysOf('api'));
    await damage(where);
    const answer = await found(where);
    expect(answer.snapshots.map(({ id }) => id)).toEqual(['new']);
    expect(replicasIn(answer.objects)).toEqual({ api: 2 });
    expect(answer.warnings).toEqual([expect.stringMatching(warning)]);
    await close(where, 'new');
    expect(await lost(where)).toMatchObject({ guess: [], problem: expect.stringContaining('no shutdown is open') });
  });

  test.concurrent('all that the stopped objects name count, also with a store that is away', async () => {
    const where = await world({ web: 3, api: 2 });
    await take(where, 'one', keysOf('web'));
    await take(where, 'two', keysOf('web', 'api'));
    await stop(where, 'web', { snapshot: 'one', was: { '/spec/replicas': 3 } });
    await stop(where, 'api', { snapshot: 'two', was: { '/spec/replicas': 2 } });
    await remove(where, MARKER);
    for (const place of [where, storeAway(where)]) {
      const answer = await found(place);
      expect(answer.snapshots.map(({ id }) => id)).toEqual(['one', 'two']);
      expect(replicasIn(answer.objects)).toEqual({ web: 3, api: 2 });
    }
  });

  test.concurrent('and without any snapshot, the marks on the objects are all there is', async () => {
    const where = await world({ web: 3, api: 2 });
    await stop(where, 'web', { snapshot: 'gone', was: { '/spec/replicas': 3 } });
    await stop(where, 'api', { snapshot: 'gone' });
    const answer = await lost(where);
    expect(answer.problem).toContain('No copy of snapshot gone can be trusted');
    expect(replicasIn(answer.guess)).toEqual({ web: 3, api: 0 });
  });
});

describe('when nothing is down', () => {
  test.concurrent('says so, and guesses nothing', async () => {
    const where = await world({ web: 3, idle: 0 });
    expect(await lost(where)).toMatchObject({ guess: [], problem: expect.stringContaining('is down') });
    expect(await lost(where, 'nowhere')).toMatchObject({
      guess: [],
      problem: expect.stringContaining('no snapshot nowhere'),
    });
  });

  test.concurrent('a mark that was left behind is told', async () => {
    const where = await world({ web: 3 });
    await take(where, 'one', keysOf('web'));
    await close(where, 'one');
    await stop(where, 'web', { snapshot: 'one', was: { '/spec/replicas': 3 } });
    const answer = await lost(where);
    expect(answer.problem).toContain('1 objects carry the mark of a shutdown');
    expect(replicasIn(answer.guess)).toEqual({ web: 3 });
    expect(replicasIn((await found(where, 'one')).objects)).toEqual({ web: 3 });
  });
});

describe('closeShutdown', () => {
  test.concurrent('takes its snapshots off and leaves the others; the copies stay', async () => {
    const where = await world({ web: 3, api: 2 });
    await take(where, 'one', keysOf('web'));
    await take(where, 'two', keysOf('api'));
    const before = await texts(where, 'one');
    await close(where, 'one');
    const closed = await where.evidence.read(`${FOLDER}one.closed.json`);
    expect(JSON.parse(closed ?? '')).toMatchObject({ snapshot: 'one', run });
    await close(where, 'one');
    expect(await where.evidence.read(`${FOLDER}one.closed.json`)).toBe(closed);
    expect((await marked(where))?.map(({ id }) => id)).toEqual(['two']);
    expect(await texts(where, 'one')).toEqual(before);
    await close(where, 'two');
    expect(await marked(where)).toEqual([]);
    expect(await lost(where)).toMatchObject({ guess: [] });
    // The next shutdown starts afresh.
    await stop(where, 'web');
    const next = await take(where, 'three', keysOf('web'));
    expect(next).toMatchObject({ adopted: false });
    expect(replicasIn(next.objects)).toEqual({ web: 0 });
  });

  test.concurrent.each<[string, (where: World) => Promise<unknown>]>([
    ['are lost', () => Promise.resolve()],
    ['are lost with its mark', (where) => remove(where, MARKER)],
  ])('by no name it closes a shutdown whose copies %s', async (_, damage) => {
    const where = await world({ web: 3 });
    await take(where, 'one', keysOf('web'));
    await replaceInStore(where, 'one', cut);
    await remove(where, configMapName('one'));
    await damage(where);
    await stop(where, 'web', { snapshot: 'one', was: { '/spec/replicas': 3 } });
    expect(replicasIn((await lost(where)).guess)).toEqual({ web: 3 });
    await merge(where.clients, workloadPath(refOf(where, 'web')), {
      spec: { replicas: 3 },
      metadata: { annotations: { 'belay.dev/stopped': null } },
    });
    await close(where);
    expect(await marked(where)).toEqual([]);
    expect(await lost(where)).toMatchObject({ guess: [] });
  });

  test.concurrent('needs the store only where the namespace has no mark', async () => {
    const where = await world({ web: 3 });
    await take(where, 'one', keysOf('web'));
    await close(storeAway(where), 'one');
    expect(await marked(where)).toEqual([]);
    await remove(where, MARKER);
    const poor = { ...where, clients: await clientsWithRights(where, 'onlooker', ONLY_LOOK) };
    for (const place of [where, poor])
      await expect(close(storeAway(place), 'one')).rejects.toMatchObject({
        type: 'EvidenceUnavailable',
        nonRetryable: false,
        message: expect.stringMatching(/ECONNREFUSED.*BELAY_EVIDENCE/),
      });
    await close(poor, 'one');
    expect(await lost(where)).toMatchObject({ guess: [] });
  });
});
