import { beforeAll, describe, expect, test } from '@jest/globals';
import { MARKER } from '../../../../../activities/kubernetes/emergency/marker.js';
import { sandbox, SANDBOX_MS } from '../../support.js';
import {
  close,
  FOLDER,
  found,
  intercepted,
  keysOf,
  marked,
  replicasIn,
  stop,
  take,
  texts,
  withStore,
  world,
  type World,
} from './support.js';

beforeAll(async () => {
  await sandbox('kubernetes');
}, SANDBOX_MS);

const isWrite = ({ method = 'GET' }: { method?: string }) => method !== 'GET';
const isMarkWrite = (call: { method?: string; path: string; body?: unknown }) =>
  isWrite(call) && (call.path.endsWith(MARKER) || JSON.stringify(call.body ?? {}).includes(`"${MARKER}"`));

/** A worker that is killed before the write of that name: nothing of it goes out from then on. */
function dying(where: World, before: 'cluster' | 'store' | 'mark', first: 'cluster' | 'store'): World {
  let dead = false;
  const die = () => {
    dead = true;
    throw new Error('killed');
  };
  const done = { cluster: gate(), store: gate() };
  const other = first === 'cluster' ? 'store' : 'cluster';
  const inTurn = async (what: 'cluster' | 'store') => {
    if (what === other) await done[first].opened;
    if (dead || before === what) die();
  };
  const tracked = intercepted(where, async (call) => {
    if (dead) die();
    if (isMarkWrite(call)) {
      if (before === 'mark') die();
    } else if (isWrite(call)) await inTurn('cluster');
  });
  return {
    ...withStore(tracked, {
      create: async (key, body, type) => {
        await inTurn('store');
        const made = await where.evidence.create(key, body, type);
        done.store.open();
        return made;
      },
    }),
    clients: {
      ...tracked.clients,
      call: async (call) => {
        const answer = await tracked.clients.call<never>(call);
        if (isWrite(call) && !isMarkWrite(call)) done.cluster.open();
        return answer;
      },
    },
  };
}

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

describe('a worker that dies between two writes', () => {
  test.concurrent.each([
    ['the store', 'store', 'cluster'],
    ['the cluster', 'cluster', 'store'],
    ['the mark', 'mark', 'cluster'],
    ['the mark', 'mark', 'store'],
  ] as const)('before that to %s: the repeat ends as if it had not', async (_, before, first) => {
    const where = await world({ web: 3, api: 2 });
    await take(dying(where, before, first), 'once', keysOf('web', 'api')).catch(() => undefined);
    const left = await texts(where, 'once');
    expect(left.cluster === undefined).toBe(before === 'cluster');
    expect(left.store === undefined).toBe(before === 'store');
    expect(await marked(where)).toBeUndefined();
    // Meanwhile somebody changes the system: the first look counts.
    await stop(where, 'web');
    const repeated = await take(where, 'once', keysOf('web', 'api'));
    expect(repeated).toMatchObject({ adopted: true, warnings: [] });
    expect(replicasIn(repeated.objects)).toEqual({ web: 3, api: 2 });
    const text = left.cluster ?? left.store;
    expect(await texts(where, 'once')).toEqual({ cluster: text, store: text });
    expect(await marked(where)).toEqual([{ ...repeated.snapshots[0], system: 'shop' }]);
    expect(await found(where)).toMatchObject({ snapshots: repeated.snapshots, objects: repeated.objects });
  });
});

describe('two shutdowns at the same instant', () => {
  /** With a mark of an earlier shutdown, or with none. */
  const pasts = [
    ['a first one', []],
    ['one after others', ['past']],
  ] as const;

  async function after(past: readonly string[], deployments: Record<string, number>): Promise<World> {
    const where = await world(deployments);
    for (const id of past) {
      await take(where, id, keysOf('web'));
      await close(where, id);
    }
    return where;
  }

  test.concurrent.each(pasts)('%s: one of them wins, and all remember the same', async (_, past) => {
    const where = await after(past, { web: 3, api: 2 });
    const keys = keysOf('web', 'api');
    const all = await Promise.all(['one', 'two', 'three', 'four'].map((id) => take(where, id, keys)));
    expect(all.filter(({ adopted }) => !adopted)).toHaveLength(1);
    for (const { snapshots, objects } of all) {
      expect(snapshots).toEqual(all[0]?.snapshots);
      expect(replicasIn(objects)).toEqual({ web: 3, api: 2 });
    }
    expect(await marked(where)).toEqual([{ ...all[0]?.snapshots[0], system: 'shop' }]);
  });

  test.concurrent.each(pasts)(
    '%s: the one that comes late with its mark adopts what the other one saw',
    async (_, past) => {
      const where = await after(past, { web: 3, api: 2, db: 1 });
      let held = true;
      const late = intercepted(where, async (call) => {
        if (!isMarkWrite(call) || !held) return;
        held = false;
        await take(where, 'quick', keysOf('web', 'db'));
        await stop(where, 'web');
      });
      const taken = await take(late, 'late', keysOf('web', 'api'));
      expect(taken.adopted).toBe(false);
      expect(taken.snapshots.map(({ id, covers }) => [id, covers.toSorted()])).toEqual([
        ['quick', keysOf('db', 'web')],
        ['late', keysOf('api')],
      ]);
      expect(replicasIn(taken.objects)).toEqual({ web: 3, db: 1, api: 2 });
      expect(await found(where)).toMatchObject({ snapshots: taken.snapshots, objects: taken.objects });
    },
  );

  test.concurrent('one that has nothing left to add is not open afterwards, mark or no mark', async () => {
    const where = await world({ web: 3 });
    let held = true;
    const late = intercepted(where, async (call) => {
      if (!isMarkWrite(call) || !held) return;
      held = false;
      await take(where, 'quick', keysOf('web'));
    });
    const taken = await take(late, 'late', keysOf('web'));
    expect(taken).toMatchObject({ adopted: true, snapshots: [{ id: 'quick' }] });
    expect(await where.evidence.read(`${FOLDER}late.closed.json`)).toContain('"snapshot":"late"');
    expect(await where.evidence.read(`${FOLDER}quick.closed.json`)).toBeUndefined();
    await where.clients.call({ method: 'DELETE', path: `/api/v1/namespaces/${where.namespace}/configmaps/${MARKER}` });
    expect(await found(where)).toMatchObject({ snapshots: [{ id: 'quick' }] });
  });

  test.concurrent('two tries of one run at once end with one text', async () => {
    const where = await world({ web: 3 });
    const tries = await Promise.all([1, 2, 3].map(() => take(where, 'twice', keysOf('web'))));
    const [{ digest } = { digest: '' }] = tries[0]?.snapshots ?? [];
    for (const { snapshots } of tries) expect(snapshots).toMatchObject([{ id: 'twice', digest }]);
    const { cluster, store } = await texts(where, 'twice');
    expect([cluster, store].some((text) => text?.includes(digest))).toBe(true);
    expect(await marked(where)).toHaveLength(1);
    expect(await found(where)).toMatchObject({ snapshots: [{ digest }] });
  });
});
