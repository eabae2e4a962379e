import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger } from '@temporalio/worker';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activityNames } from '../../activities/index.js';
import { exit, exitCodeOf } from '../../client/cli/exitCodes.js';
import { runbookPages } from '../../client/runbookPages.js';
import { validateInput } from '../../client/validate.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import { buildBundle } from '../../worker/workflowBundle.js';
import { catalogue } from '../../workflows/catalogue.js';
import * as workflows from '../../workflows/index.js';
import { verbDescriptions } from '../../workflows/kit/verbTexts.js';

const root = projectRoot();
const entries = Object.entries(catalogue);

describe.each(entries)('%s', (id, entry) => {
  test('is filed under its id, in a folder of that name', () => {
    expect(entry.id).toBe(id);
    expect(existsSync(join(root, 'workflows', id, 'runbook.ts'))).toBe(true);
    expect(existsSync(join(root, 'workflows', id, 'workflow.ts'))).toBe(true);
  });

  test('has a workflow of that name', () => {
    expect(Object.keys(workflows)).toContain(id);
  });

  test('says all that a reader needs before starting it', () => {
    const { title, purpose, changes, undo, approval, expectedDuration } = entry;
    for (const text of [title, purpose, changes, undo, approval, expectedDuration])
      expect(text.length).toBeGreaterThan(9);
    expect(entry.verbs.length + Object.keys(entry.updates ?? {}).length).toBeGreaterThan(0);
  });

  test('has examples, and each validates against schema and shipped systems', async () => {
    expect(entry.examples.length).toBeGreaterThan(0);
    for (const { input } of entry.examples) {
      expect(await validateInput(id, input)).toMatchObject({ resolved: { runbook: id } });
    }
  });

  test('refuses unknown fields and an unknown system by their path', async () => {
    const [example] = entry.examples;
    const wrong = { ...(example?.input as object), sytem: 'x', system: 'nowhere' };
    const answer = await validateInput(id, wrong);
    const paths = 'problems' in answer ? answer.problems.map(({ path }) => path) : [];
    expect(paths).toEqual(expect.arrayContaining(['sytem', 'system']));
  });

  test('explains every verb, and each failure type has a meaning and an exit code', () => {
    for (const verb of entry.verbs) expect(verbDescriptions[verb].length).toBeGreaterThan(9);
    for (const meaning of Object.values(entry.failures)) expect(meaning.length).toBeGreaterThan(9);
    const unexpected = Object.keys(entry.failures).filter((type) => exitCodeOf(type) === exit.error);
    expect(unexpected.filter((type) => type !== 'StepFailed')).toEqual([]);
  });
});

test('every workflow with a folder is in the catalogue, but for those that runs start by themselves', () => {
  const folders = readdirSync(join(root, 'workflows'), { withFileTypes: true })
    .filter((folder) => folder.isDirectory() && existsSync(join(root, 'workflows', folder.name, 'workflow.ts')))
    .map((folder) => folder.name);
  expect(folders.toSorted()).toEqual(
    [...Object.keys(catalogue), 'alarm', 'keptCopy', 'pager', 'rotaOverrides', 'targetLock'].toSorted(),
  );
});

test('docs/runbooks is in step with the catalogue (else: npm run build && node dist/client/docs.js)', () => {
  const dir = join(root, 'docs', 'runbooks');
  const written = Object.fromEntries(readdirSync(dir).map((file) => [file, readFileSync(join(dir, file), 'utf8')]));
  expect(written).toEqual(runbookPages());
});

describe('the workflow bundle', () => {
  let code: string;
  beforeAll(async () => {
    ({ code } = await buildBundle(new DefaultLogger('ERROR')));
  });

  test('has the workflow of every runbook', () => {
    for (const [id] of entries) expect(code).toMatch(new RegExp(String.raw`function ${id}\(`));
  });

  test('calls only activities that a worker registers', () => {
    const proxies =
      /\b(?:probe|glance|briefly|mutate|watch|outbox|transfer|paging|telling|atOnce)\)?\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\.(\w+)\(/g;
    const called = new Set([...code.matchAll(proxies)].map((match) => match[1]));
    expect(called.size).toBeGreaterThan(10);
    expect([...called].filter((name) => !activityNames().includes(name ?? ''))).toEqual([]);
  });
});
