import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFolderStore, listReports, type EvidenceStore } from '../../../activities/evidence/index.js';
import { createIncidentActivities } from '../../../activities/incident/index.js';
import type { TimelineEntry } from '../../../workflows/incident/types.js';
import { inActivity } from '../http/inActivity.js';
import { secretsOf } from '../paging.js';
import { entries } from '../slack/view.js';

let folder: string;
let store: EvidenceStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timeline-'));
  store = createFolderStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function save(part: TimelineEntry[], incident = 'incident/shop/checkout/0123', evidence = store) {
  const { saveTimeline } = createIncidentActivities({ secrets: secretsOf({}), evidence, log: () => undefined });
  return inActivity(saveTimeline, { incident, runId: 'run-1', entries: part });
}

describe('parts of a timeline', () => {
  test('are kept under names that sort as the entries do', async () => {
    await save(entries(100, 901));
    await save(entries(9, 1_001));
    const found = (await store.list('timeline/', 10)).map(({ key }) => key).toSorted();
    expect(found).toEqual([
      expect.stringMatching(/^timeline\/incident_shop_checkout_0123-[0-9a-f]{8}\/run-1-000901-001000\.json$/),
      expect.stringMatching(/^timeline\/incident_shop_checkout_0123-[0-9a-f]{8}\/run-1-001001-001009\.json$/),
    ]);
  });

  test('can be read as they were', async () => {
    const { reference } = await save(entries(3));
    expect(JSON.parse((await store.read(reference)) ?? '')).toEqual({
      incident: 'incident/shop/checkout/0123',
      runId: 'run-1',
      entries: entries(3),
    });
  });

  test('saved again they are the same; others under their numbers are refused', async () => {
    const first = await save(entries(3));
    expect(await save(entries(3))).toEqual(first);
    await expect(save(entries(3, 1, 'something else'))).rejects.toMatchObject({
      type: 'EvidenceConflict',
      nonRetryable: true,
    });
    expect(await store.read(first.reference)).toContain('paged ada');
  });

  test('ids that differ only in what no path may hold stay apart', async () => {
    await save(entries(1), 'incident/../a');
    await save(entries(1), 'incident_.._a');
    expect(await store.list('timeline/', 10)).toHaveLength(2);
  });

  test('are not listed as reports', async () => {
    await save(entries(1));
    expect(await listReports(store)).toEqual([]);
  });

  test('a store that is away is retried', async () => {
    const away: EvidenceStore = { ...store, create: () => Promise.reject(new Error('disk full')) };
    await expect(save(entries(1), 'i', away)).rejects.toMatchObject({
      type: 'EvidenceUnavailable',
      nonRetryable: false,
      message: expect.stringContaining('disk full'),
    });
  });
});
