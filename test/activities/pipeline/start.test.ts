import { afterEach, describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { endsOf } from '../../../activities/pipeline/failure.js';
import { startPipeline } from '../../../activities/pipeline/start.js';
import type { Command, Pipeline } from '../../../activities/pipeline/types.js';

const sh = (script: string, env?: Record<string, string>): Command => ({
  file: 'sh',
  args: ['-c', script],
  ...(env ? { env } : {}),
});
const never = new AbortController().signal;
const started: Pipeline[] = [];
afterEach(async () => {
  for (const pipeline of started.splice(0)) await pipeline.kill(0);
});

async function start(commands: Command[], signal = never): Promise<Pipeline> {
  const pipeline = await startPipeline(commands, { signal });
  started.push(pipeline);
  return pipeline;
}

describe('startPipeline', () => {
  test('bytes go through every program, and the ends are told', async () => {
    const pipeline = await start([sh('printf "b\\na\\n"'), { file: 'sort', args: [] }, { file: 'cat', args: [] }]);
    expect((await buffer(pipeline.output)).toString()).toBe('a\nb\n');
    expect((await pipeline.ended).map((end) => end.code)).toEqual([0, 0, 0]);
  });

  test('100 MB arrive whole', async () => {
    const pipeline = await start([
      sh('head -c 104857600 /dev/zero'),
      { file: 'cat', args: [] },
      { file: 'sha256sum', args: [] },
    ]);
    expect((await buffer(pipeline.output)).toString()).toMatch(
      /^20492a4d0d84f8beb1767f6616229f85d44c2827b64bdbfb260ee12fa1109e0e/,
    );
  });

  test('the output of a first program that fails never ends', async () => {
    const pipeline = await start([sh('echo half; echo oops >&2; exit 1'), { file: 'cat', args: [] }]);
    await expect(buffer(pipeline.output)).rejects.toMatchObject({
      type: 'ProducerFailed',
      message: expect.stringMatching(/sh exited with 1.*oops/),
    });
    const error: unknown = await pipeline.ended.catch((failure: unknown) => failure);
    expect(endsOf(error).map((end) => end.code)).toEqual([1, 0]);
  });
});
