import { beforeAll, expect, test } from '@jest/globals';
import { readCopies } from '../../../../../activities/kubernetes/emergency/copies.js';
import { keep } from '../../../../../activities/kubernetes/emergency/keep.js';
import { wholeOf } from '../../../../../activities/kubernetes/emergency/snapshotText.js';
import { sandbox, SANDBOX_MS } from '../../support.js';
import { inPlace } from '../support.js';
import { configMap, keysOf, run, storeAway, take, world } from './support.js';

beforeAll(async () => {
  await sandbox('kubernetes');
}, SANDBOX_MS);

test('a snapshot that is too large for a ConfigMap is packed, and comes back from there', async () => {
  const where = await world({ web: 1 });
  const { objects, surroundings } = await take(where, 'small', keysOf('web'));
  const many = Array.from({ length: 3_000 }, (_, index) =>
    objects.map((one) => ({ ...one, ref: { ...one.ref, name: `web-${index}`, uid: `uid-${index}` } })),
  ).flat();
  const { namespace } = where;
  const takenAt = new Date().toISOString();
  const whole = wholeOf({
    ...{ formatVersion: 1, id: 'large', system: 'shop', place: { namespace } },
    ...{ takenAt, run, objects: many, surroundings },
  });
  expect(whole.text.length).toBeGreaterThan(1024 * 1024);
  const { evidence } = storeAway(where);
  const kept = await inPlace(where.clients, namespace, (calls) => keep(calls, evidence, whole));
  expect(kept).toMatchObject({ configMap: 'belay-snapshot-large', stored: '' });
  expect((await configMap(where, 'belay-snapshot-large'))?.data).toBeUndefined();
  const copies = await inPlace(where.clients, namespace, (calls) => readCopies(calls, evidence, 'shop', 'large'));
  expect(copies.whole?.digest).toBe(whole.digest);
  expect(copies.whole?.snapshot.objects).toEqual(many);
});
