import { expect, test } from '@jest/globals';
import {
  createEvidenceActivities,
  listReports,
  readReport,
  type EvidenceStore,
} from '../../../activities/evidence/index.js';

const report = {
  runbook: 'rollingUpdate',
  workflowId: 'update/canvas 7',
  runId: '0198-a',
  json: '{"ok":true,"ü":1}',
  markdown: '# ok ü',
};

/** What every evidence store must do; `store` is asked for in each test and is empty at first. */
export function storeTests(store: () => EvidenceStore, scheme: string): void {
  const save = (more: Partial<typeof report> = {}) =>
    createEvidenceActivities({ store: store() }).saveReport({ ...report, ...more });

  test('has no reports at first', async () => {
    expect(await listReports(store())).toEqual([]);
    expect(await readReport(store(), 'rollingUpdate/none/none.json')).toBeUndefined();
  });

  test('keeps a report; the same again gives the same reference', async () => {
    const first = await save();
    expect(first.reference).toMatch(
      new RegExp(`^${scheme}://.*/rollingUpdate/update_canvas_7-[0-9a-f]{8}/0198-a\\.json$`),
    );
    expect(await save()).toEqual(first);
    const kept = { json: report.json, markdown: report.markdown };
    expect(await readReport(store(), first.reference)).toEqual(kept);
    const [listed, ...others] = await listReports(store());
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ reference: first.reference, bytes: Buffer.byteLength(report.json) });
    expect(await readReport(store(), listed?.key ?? '')).toEqual(kept);
  });

  test('never overwrites: other content for the same run is a final conflict, the first stays', async () => {
    const { reference } = await save();
    const conflict = { type: 'EvidenceConflict', nonRetryable: true };
    await expect(save({ json: '{"ok":false}' })).rejects.toMatchObject(conflict);
    await expect(save({ markdown: '# other' })).rejects.toMatchObject(conflict);
    expect((await readReport(store(), reference))?.json).toBe(report.json);
  });

  test('one of ten writers at once wins, the others see the same content', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => save({ runId: '0198-race' })));
    expect(new Set(keys.map((key) => key.reference)).size).toBe(1);
    const created = await Promise.all(
      Array.from({ length: 10 }, (_, i) => store().create('race/x', String(i), 'text/plain')),
    );
    expect(created.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await store().read('race/x')).toBe(String(created.indexOf('created')));
  });

  test('finishes what a died worker began: the Markdown is there, the JSON is not', async () => {
    await store().create('rollingUpdate/half/run.md', '# half', 'text/markdown');
    expect((await listReports(store())).map((one) => one.key)).not.toContain('rollingUpdate/half/run.json');
    const whole = await save({ workflowId: 'half', runId: 'run', markdown: '# half' });
    expect(await readReport(store(), whole.reference)).toEqual({ json: report.json, markdown: '# half' });
  });

  test('lists the newest first, of one runbook if asked, at most as many as asked', async () => {
    await save({ runbook: 'backup', workflowId: 'b', runId: '1' });
    const all = await listReports(store());
    expect(all.length).toBeGreaterThan(2);
    expect(all.map((one) => one.modified.getTime())).toEqual(
      all.map((one) => one.modified.getTime()).toSorted((a, b) => b - a),
    );
    expect((await listReports(store(), { runbook: 'backup' })).map((one) => one.key)).toEqual(['backup/b/1.json']);
    expect(await listReports(store(), { limit: 2 })).toHaveLength(2);
  });

  test('keeps a document; the same again gives the same reference, other content is a final conflict', async () => {
    const { saveDocument, readDocument } = createEvidenceActivities({ store: store() });
    const document = { path: ['postmortems', 'incident/shop/x', 'run-r1.md'], body: '# ü' };
    const saveIt = (body = document.body) => saveDocument({ ...document, body, contentType: 'text/markdown' });
    const { reference } = await saveIt();
    expect(reference).toMatch(new RegExp(`^${scheme}://.*/postmortems/incident_shop_x-[0-9a-f]{8}/run-r1\\.md$`));
    expect(await saveIt()).toEqual({ reference });
    await expect(saveIt('# other')).rejects.toMatchObject({ type: 'EvidenceConflict', nonRetryable: true });
    expect(await readDocument({ reference })).toBe('# ü');
    expect(await readDocument({ reference: `${reference}.none` })).toBeNull();
    await expect(saveIt('x'.repeat(1_048_577))).rejects.toMatchObject({ type: 'DocumentTooLarge', nonRetryable: true });
  });

  test('finds the newest report of a workflow id, and none of another', async () => {
    const { latestReport } = createEvidenceActivities({ store: store() });
    const found = { runbook: 'incident', workflowId: 'incident/shop/newest' };
    await save({ ...found, runId: '1', json: '{"n":1}' });
    // Stores date by the second or finer; the second one must be younger whatever they do.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await save({ ...found, runId: '2', json: '{"n":2}' });
    expect(await latestReport(found)).toBe('{"n":2}');
    expect(await latestReport({ ...found, workflowId: 'incident/shop/new' })).toBeNull();
  });

  test('refuses a reference of another place', async () => {
    await expect(readReport(store(), `${scheme}:///etc/passwd.json`)).rejects.toThrow('is not in the evidence');
  });
}
