import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { projectRoot } from '../../../sandbox/kit/paths.js';
import { built } from '../../client/cli.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { leftAfter, running } from './support.js';

beforeAll(built, SANDBOX_MS);

describe('what a worker has started goes with it', () => {
  test.each<[string, string, (worker: ChildProcessByStdio<Writable, Readable, null>) => void]>([
    ['when it is killed', '7821.5', (worker) => worker.kill('SIGKILL')],
    ['when it exits', '7822.5', (worker) => worker.stdin.write('exit')],
  ])('%s', async (_title, marker, end) => {
    const file = join(projectRoot(), 'dist', 'test', 'activities', 'pipeline', 'victim.js');
    const worker = spawn(process.execPath, [file, marker], { stdio: ['pipe', 'pipe', 'inherit'] });
    const gone = once(worker, 'exit');
    await once(worker.stdout, 'data');
    // The worker itself, a shell with its two programs, and one that writes.
    expect((await running(marker)).length).toBeGreaterThanOrEqual(4);
    end(worker);
    await gone;
    expect(await leftAfter(marker, 5_000)).toEqual([]);
  });
});
