import { hostname, userInfo } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as workflows from '../../workflows/index.js';
import { courses } from './courses.js';
import { endOf, historiesDir, readHistories } from './historyFile.js';

const histories = readHistories();
const logger = new DefaultLogger('ERROR');
const workflowsPath = new URL('../../workflows/index.ts', import.meta.url).pathname;
const rerecord =
  'a change that old histories cannot replay needs patched(), or npm run record:histories if nothing runs yet';

beforeAll(() => {
  // The refused replays below are logged as warnings.
  Runtime.install({
    logger,
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
});

/** Replays all histories on the code of a bundle; gives the names of those that it could not follow, with the reason. */
async function refused(code: string): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  const replay = Worker.runReplayHistories(
    { workflowBundle: { code }, replayName: 'histories' },
    histories.map(({ name, history }) => ({ workflowId: name, history })),
  );
  for await (const { workflowId, error } of replay) if (error) failures[workflowId] = error.message;
  return failures;
}

describe('recorded histories', () => {
  test('every course is recorded, and ended as it should', () => {
    const ends = Object.fromEntries(histories.map(({ name, ...file }) => [name, endOf(file)]));
    expect(ends).toEqual(Object.fromEntries(courses.map((course) => [course.name, course.ends])));
  });

  test('every workflow that the worker registers has a recorded history', () => {
    const started = new Set(
      histories.map(({ history }) => {
        const first = history.events[0]?.['workflowExecutionStartedEventAttributes'] as {
          workflowType: { name: string };
        };
        return first.workflowType.name;
      }),
    );
    expect([...started].toSorted()).toEqual(Object.keys(workflows).toSorted());
  });

  test('they tell nothing of the machine that recorded them, and are small', () => {
    for (const { name } of histories) {
      const text = readFileSync(join(historiesDir(), `${name}.json`), 'utf8');
      const decoded = text.replaceAll(/"data":"([^"]*)"/g, (_all, data: string) =>
        Buffer.from(data, 'base64').toString(),
      );
      expect(text.length).toBeLessThan(250_000);
      const words = [
        hostname(),
        `${userInfo().username}@`,
        ...['home', 'root', 'tmp', 'work', 'Users'].map((dir) => `/${dir}/`),
      ];
      // The words alone, so that a failure does not print a whole history.
      expect({ name, found: words.filter((word) => decoded.includes(word)) }).toEqual({ name, found: [] });
    }
  });

  test('all replay on the present code', async () => {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger });
    const failures = await refused(code);
    expect({ rerecord, failures }).toEqual({ rerecord, failures: {} });
  });

  test('a changed order of steps is noticed', async () => {
    const workflowInterceptorModules = [new URL('swapped.ts', import.meta.url).pathname];
    const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger });
    const failures = await refused(code);
    const writing = histories.filter(({ history }) => JSON.stringify(history).includes('"saveState"'));
    expect(writing.length).toBeGreaterThan(5);
    for (const { name } of writing) expect(failures[name]).toMatch(/[Nn]ondeterminism/);
    // Histories in which neither activity stands go on as before.
    expect(Object.keys(failures)).toHaveLength(writing.length);
  });
});
