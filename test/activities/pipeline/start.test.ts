import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsOf } from '../../../activities/pipeline/failure.js';
import { startPipeline } from '../../../activities/pipeline/start.js';
import type { Command, Pipeline } from '../../../activities/pipeline/types.js';
import { registerSecret } from '../../../activities/secrets/index.js';
import { leftAfter, never, running, sh } from './support.js';

const cat: Command = { file: 'cat', args: [] };
const started: Pipeline[] = [];
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-pipeline-'));
});
afterEach(async () => {
  for (const pipeline of started.splice(0)) await pipeline.kill(0);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function start(commands: Command[], signal = never): Promise<Pipeline> {
  const pipeline = await startPipeline(commands, { signal });
  started.push(pipeline);
  return pipeline;
}

const failure = (pipeline: Pipeline): Promise<unknown> => pipeline.ended.catch((error: unknown) => error);

describe('a pipe that works', () => {
  test('bytes go through every program, and the ends are told', async () => {
    const pipeline = await start([sh('printf "b\\na\\n"; echo note >&2'), { file: 'sort', args: [] }, cat]);
    expect((await buffer(pipeline.output)).toString()).toBe('a\nb\n');
    expect(await pipeline.ended).toMatchObject([{ code: 0, signal: null, stderr: 'note' }, { code: 0 }, { code: 0 }]);
  });

  test('100 MB arrive whole, whoever reads late', async () => {
    const pipeline = await start([sh('head -c 104857600 /dev/zero'), cat, cat]);
    await sleep(300);
    let bytes = 0;
    for await (const chunk of pipeline.output) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(104_857_600);
  });

  test('what the first program reads comes from a file', async () => {
    await writeFile(join(dir, 'input'), 'from a file');
    const pipeline = await start([{ ...cat, stdin: join(dir, 'input') }, cat]);
    expect((await buffer(pipeline.output)).toString()).toBe('from a file');
  });

  test('without a file it reads nothing, and does not wait', async () => {
    expect(await buffer((await start([cat])).output)).toHaveLength(0);
  });

  test('the environment holds nothing of the worker but what was given', async () => {
    process.env['BELAY_TEST_WORKER_SECRET'] = 'of the worker';
    const pipeline = await start([{ file: 'env', args: [], env: { PGPASSWORD: 'given' } }]);
    const names = (await buffer(pipeline.output))
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    delete process.env['BELAY_TEST_WORKER_SECRET'];
    expect(new Set(names)).toEqual(new Set(['HOME', 'LANG', 'PATH', 'PGPASSWORD', 'TZ']));
  });

  test('processor time of the programs is counted', async () => {
    const pipeline = await start([sh('i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; sleep 0.6'), cat]);
    await buffer(pipeline.output);
    expect(pipeline.cpuSeconds()).toBeGreaterThan(0.05);
    expect(pipeline.cpuSeconds()).toBeLessThan(20);
  });
});

describe('a pipe that fails', () => {
  test.each<[string, Command[], RegExp, unknown[]]>([
    [
      'the first exits with 1, the others with 0',
      [sh('echo half; echo oops >&2; exit 1'), cat, cat],
      /^sh exited with 1\. It printed: oops/,
      [1, 0, 0],
    ],
    ['the middle one', [sh('echo x'), sh('cat; exit 3'), cat], /^sh exited with 3\. It printed no error/, [0, 3, 0]],
    ['the last one', [sh('echo x'), cat, sh('cat; exit 4')], /^sh exited with 4/, [0, 0, 4]],
    ['the first by SIGKILL', [sh('echo half; kill -KILL $$'), cat], /^sh was ended by SIGKILL.*memory/, ['SIGKILL', 0]],
    [
      'the last by SIGKILL, the first finds its reader gone',
      [{ file: 'yes', args: [] }, sh('head -c 100; kill -KILL $$')],
      /^sh was ended by SIGKILL/,
      [expect.anything(), 'SIGKILL'],
    ],
    [
      'a full disk',
      [sh('echo "pg_dump: could not write: No space left on device" >&2; exit 1'), cat],
      /disk is full/,
      [1, 0],
    ],
  ])('%s', async (_title, commands, message, ends) => {
    const pipeline = await start(commands);
    const read = await buffer(pipeline.output).catch((error: unknown) => error);
    const error = await failure(pipeline);
    expect(read).toBe(error);
    expect(error).toMatchObject({
      type: expect.stringMatching(/ProducerFailed|DiskFull/),
      nonRetryable: expect.any(Boolean),
      message: expect.stringMatching(message),
    });
    expect(endsOf(error).map((end) => end.signal ?? end.code)).toEqual(ends);
  });

  test('programs that wait for something that never comes are ended with it', async () => {
    const pipeline = await start([{ file: 'sleep', args: ['7801.5'] }, sh('exit 5'), sh('sleep 7801.5; cat')]);
    await expect(buffer(pipeline.output)).rejects.toMatchObject({
      message: expect.stringMatching(/^sh exited with 5/),
    });
    expect(await leftAfter('7801.5', 3_000)).toEqual([]);
  });

  test('a failure that nobody looks at ends nothing else', async () => {
    const pipeline = await start([sh('exit 1')]);
    await sleep(500);
    expect(pipeline.output.destroyed).toBe(true);
    await expect(buffer(pipeline.output)).rejects.toMatchObject({ type: 'ProducerFailed' });
  });

  test('what it printed is cut to its end and holds no secret', async () => {
    registerSecret('hunter2-hunter2');
    const script = 'i=0; while [ $i -lt 3000 ]; do echo "line $i hunter2-hunter2"; i=$((i+1)); done >&2; exit 1';
    const [end] = endsOf(await failure(await start([sh(script)])));
    expect(end?.stderr.length).toBeLessThanOrEqual(4_096);
    expect(end?.stderr).toMatch(/line 2999 \[redacted\]$/);
    expect(end?.stderr).not.toContain('hunter2');
  });

  test.each<[string, Command, string, RegExp]>([
    [
      'a program that is not there',
      { file: 'no-such-program', args: [] },
      'MissingProgram',
      /BELAY_NO_SUCH_PROGRAM_BIN/,
    ],
    ['an input that is not there', { ...cat, stdin: '/no/such/file' }, 'NotFound', /does not exist/],
    ['a folder that is not there', { ...cat, cwd: '/no/such/folder' }, 'NotFound', /does not exist/],
  ])('%s is found before anything is started', async (_title, command, type, message) => {
    const producer = sh('sleep 7802.5');
    const commands = command.stdin === undefined && command.cwd === undefined ? [producer, command] : [command];
    await expect(start(commands)).rejects.toMatchObject({ type, message: expect.stringMatching(message) });
    expect(await running('7802.5')).toEqual([]);
  });

  test('a program that cannot be run on this system', async () => {
    const file = join(dir, 'broken');
    await writeFile(file, '#!/no/such/interpreter\n', { mode: 0o755 });
    await expect(start([sh('sleep 7803.5'), { file, args: [] }])).rejects.toMatchObject({ type: 'MissingProgram' });
    expect(await leftAfter('7803.5', 2_000)).toEqual([]);
  });
});

describe('a pipe that is ended', () => {
  test('by its signal: all of it, also what ignores SIGTERM and what its programs have started', async () => {
    const control = new AbortController();
    const pipeline = await start(
      [sh('trap "" TERM; sleep 7804.5 & sleep 7804.5; wait'), sh('sleep 7804.5 & cat')],
      control.signal,
    );
    await sleep(300);
    expect((await running('7804.5')).length).toBeGreaterThan(2);
    control.abort(new Error('cancelled'));
    await expect(buffer(pipeline.output)).rejects.toThrow('cancelled');
    await expect(pipeline.ended).rejects.toThrow('cancelled');
    expect(await leftAfter('7804.5')).toEqual([]);
  });

  test('by kill: when it resolves nothing runs any more', async () => {
    const pipeline = await start([sh('trap "" TERM; while :; do echo 7805.5; sleep 0.1; done'), cat]);
    await pipeline.kill(200);
    expect(await running('7805.5')).toEqual([]);
    await expect(pipeline.ended).rejects.toMatchObject({ type: 'ProducerFailed' });
    await pipeline.kill();
  });

  test('by a reader that goes: its reason is the failure', async () => {
    const pipeline = await start([{ file: 'yes', args: ['7806.5'] }, cat]);
    pipeline.output.destroy(new Error('the upload failed'));
    await expect(pipeline.ended).rejects.toThrow('the upload failed');
    expect(await leftAfter('7806.5')).toEqual([]);
  });

  test('an aborted signal starts nothing', async () => {
    await expect(start([sh('sleep 7807.5')], AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(await running('7807.5')).toEqual([]);
  });
});
