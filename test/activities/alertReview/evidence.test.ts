import { describe, expect, test } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReviewActivities } from '../../../activities/alertReview/index.js';
import { optionOf } from '../../../activities/alertReview/chart.js';
import { pastIncident } from '../../../activities/alertReview/incidents.js';
import type { Chart } from '../../../activities/alertReview/types.js';
import { createEvidenceActivities, createFolderStore } from '../../../activities/evidence/index.js';
import { inActivity } from '../http/inActivity.js';

const view = {
  incident: 'incident/shop/slow/1',
  severity: 'P2',
  openedAt: 1_000,
  resolvedAt: 2_000,
  alerts: [{ name: 'Slow', status: 'resolved', since: 900 }],
  runs: [],
  checklist: [],
  pages: 2,
};
const report = (more: object = {}, incident: object = {}) =>
  JSON.stringify({ system: 'shop', incident: { ...view, ...incident }, timeline: [], ...more });
const by = (via: string) => ({ timeline: [{ n: 0, actor: { id: 'x', via } }, { n: 1 }] });

describe('an incident as a review sees it', () => {
  test.each<[string, string, object]>([
    ['nobody did anything', report(), { acted: false, touched: false, pages: 2 }],
    ['a person resolved it', report({}, { resolvedBy: 'person' }), { acted: true }],
    ['the source resolved it', report({}, { resolvedBy: 'source' }), { acted: false }],
    ['a runbook was linked', report({}, { runs: [{}] }), { acted: true }],
    ['a step of the checklist is done', report({}, { checklist: [{}, { doneAt: 5 }] }), { acted: true }],
    ['a person wrote a note', report(by('slack')), { touched: true, acted: false }],
    ['only the source spoke', report(by('source')), { touched: false }],
    [
      'answered, and marked as noise',
      report({}, { firstHumanAckAt: 9, noise: 'falsePositive' }),
      { firstHumanAckAt: 9, noise: 'falsePositive' },
    ],
  ])('%s', (_, text, expected) => {
    expect(pastIncident(text, 'shop')).toMatchObject({ incident: view.incident, ...expected });
  });

  test.each([
    ['of another system', report({ system: 'other' })],
    ['no JSON', '{'],
    ['another report', '{"system":"shop","steps":[]}'],
  ])('none: %s', (_, text) => {
    expect(pastIncident(text, 'shop')).toBeUndefined();
  });
});

function kept() {
  const store = createFolderStore(mkdtempSync(path.join(tmpdir(), 'belay-review-')));
  const documents = createEvidenceActivities({ store });
  const save = (runbook: string, workflowId: string, json: string) =>
    documents.saveReport({ runbook, workflowId, runId: 'run', json, markdown: '' });
  return { store, save, activities: createReviewActivities({ store, documents }) };
}

test('incidents of the span and the system are found among the reports', async () => {
  const { save, activities } = kept();
  await save('incident', 'in', report());
  await save('incident', 'before', report({}, { openedAt: 1, resolvedAt: 2 }));
  await save('incident', 'after', report({}, { openedAt: 9_000, resolvedAt: 9_001 }));
  await save('incident', 'other', report({ system: 'other' }));
  await save('backup', 'no', report());
  const found = await inActivity(activities.listIncidents, { system: 'shop', from: 1_500, to: 5_000 });
  expect(found).toMatchObject({ cut: false, incidents: [{ openedAt: 1_000 }] });
  expect(found.incidents).toHaveLength(1);
});

test('rules of earlier reviews of the system', async () => {
  const { save, activities } = kept();
  const rules = [{ name: 'shop/Slow', hash: 'abc' }];
  const steps = [{ name: 'Resolve the input' }, { name: 'Read the rules', evidence: { rules } }];
  const review = { system: 'shop', endedAt: '2026-01-01T00:00:00.000Z', steps };
  await save('alertReview', 'one', JSON.stringify(review));
  await save('alertReview', 'failed', JSON.stringify({ ...review, steps: [] }));
  await save('alertReview', 'other', JSON.stringify({ ...review, system: 'other' }));
  expect(await inActivity(activities.listEarlierRules, { system: 'shop' })).toEqual([{ at: review.endedAt, rules }]);
});

const bars: Chart = {
  ...{ kind: 'bars', title: 'Firings', unit: 'firings', labels: ['Slow <script>', 'Fast'] },
  series: [{ name: 'all', values: [3, 1] }],
};

describe('what is kept', () => {
  test.each<[string, Chart]>([
    ['bars', bars],
    [
      'week',
      { kind: 'week', title: 'Week', values: Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 1)) },
    ],
  ])('a chart of %s is an SVG, the same each time', async (name, chart) => {
    const { activities } = kept();
    const input = { path: ['alertReview', 'w', `${name}.svg`], chart };
    const { reference } = await inActivity(activities.saveChart, input);
    const svg = await readFile(fileURLToPath(reference), 'utf8');
    expect(svg).toMatch(/^<svg/);
    expect(svg).toContain(chart.title);
    expect(svg).not.toContain('<script>');
    // Create-only: another picture under this name would be refused.
    expect(await inActivity(activities.saveChart, input)).toEqual({ reference });
  });

  test('bars stand in the order of the data', () => {
    expect(optionOf(bars)).toMatchObject({
      animation: false,
      yAxis: { data: ['Slow <script>', 'Fast'], inverse: true },
    });
  });

  test('YAML with its comment; a line break does not leave the comment', async () => {
    const { activities } = kept();
    const value = { groups: [{ name: 'shop', rules: [{ alert: 'Slow', expr: 'a > 1', for: '5m' }] }] };
    const input = { path: ['alertReview', 'w', 'rules.yml'], header: ['changed\nrules: []'], value };
    const { reference, text } = await inActivity(activities.saveYaml, input);
    expect(text).toBe(
      '# changed rules: []\ngroups:\n  - name: shop\n    rules:\n      - alert: Slow\n        expr: a > 1\n        for: 5m\n',
    );
    expect(await readFile(fileURLToPath(reference), 'utf8')).toBe(text);
  });
});
