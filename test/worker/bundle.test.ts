import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger } from '@temporalio/worker';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBundle, bundleLimitBytes, bundleProblems, hashSources, sdkVersion } from '../../worker/workflowBundle.js';

let bundle: Awaited<ReturnType<typeof buildBundle>>;
beforeAll(async () => {
  bundle = await buildBundle(new DefaultLogger('ERROR'));
});

describe('the bundle that ships', () => {
  test('is small and holds no zod and no code of activities, worker, client or sandbox', () => {
    expect(bundle.stamp.bytes).toBeLessThan(bundleLimitBytes);
    expect(bundleProblems(bundle.code)).toEqual([]);
    expect(bundle.code).not.toContain('node_modules/zod');
    expect(bundle.code).not.toContain('createKubernetesActivities');
  });

  test('carries a source map that hides nothing and weighs nothing', () => {
    const [, map = ''] = /sourceMappingURL=data:application\/json;base64,(\S+)$/.exec(bundle.code) ?? [];
    expect(JSON.parse(Buffer.from(map, 'base64').toString())).toMatchObject({ version: 3, sources: [] });
  });

  test('is stamped with the SDK and the sources that it was made by', () => {
    expect(bundle.stamp).toEqual({ sdk: sdkVersion(), sources: hashSources(), bytes: Buffer.byteLength(bundle.code) });
  });
});

describe('the gate', () => {
  test.each([
    ['x'.repeat(bundleLimitBytes + 1), /limit/],
    ['"./node_modules/zod/v4/core/index.js"(){}', /zod/],
    ['"./dist/activities/http/index.js"(){}', /activities/],
    ['"./worker/run.ts"(){}', /worker/],
  ])('%.40s is refused', (code, why) => {
    expect(bundleProblems(code).join()).toMatch(why);
  });
});

test('a change of any source changes the hash, whatever its name', () => {
  const dir = mkdtempSync(join(tmpdir(), 'belay-sources-'));
  writeFileSync(join(dir, 'a.ts'), 'one');
  const before = hashSources(dir);
  writeFileSync(join(dir, 'a.ts'), 'two');
  const after = hashSources(dir);
  writeFileSync(join(dir, 'b.ts'), '');
  expect(new Set([before, after, hashSources(dir)]).size).toBe(3);
});
