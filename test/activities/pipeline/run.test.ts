import { describe, expect, test } from '@jest/globals';
import { endsOf } from '../../../activities/pipeline/failure.js';
import { runCommand } from '../../../activities/pipeline/run.js';
import { leftAfter, never as signal, running, sh } from './support.js';

describe('runCommand', () => {
  test('gives what was printed', async () => {
    expect(await runCommand(sh('echo out; echo err >&2'), { signal })).toEqual({
      stdout: 'out\n',
      stderr: 'err',
      code: 0,
    });
  });

  test('another code than 0 is a failure, unless it is expected', async () => {
    const error: unknown = await runCommand(sh('echo why >&2; exit 3'), { signal }).catch(
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ type: 'ProducerFailed', message: expect.stringContaining('why') });
    expect(endsOf(error)).toMatchObject([{ code: 3, stderr: 'why' }]);
    expect((await runCommand(sh('exit 3'), { signal, okCodes: [0, 3] })).code).toBe(3);
    await expect(runCommand(sh('kill -KILL $$'), { signal, okCodes: [0, 3] })).rejects.toMatchObject({
      type: 'ProducerFailed',
    });
  });

  test('more output than expected is a failure, never a shorter text', async () => {
    await expect(runCommand(sh('yes'), { signal, maxBytes: 10_000 })).rejects.toMatchObject({
      message: expect.stringContaining('more than 10000 bytes'),
    });
    expect((await runCommand(sh('head -c 10000 /dev/zero'), { signal, maxBytes: 10_000 })).stdout).toHaveLength(10_000);
  });

  test('time is bounded', async () => {
    const run = runCommand(sh('trap "" TERM; sleep 7811.5'), { signal, timeoutMs: 300 });
    await expect(run).rejects.toMatchObject({ type: 'Stalled', message: expect.stringContaining('0.3 s') });
    expect(await leftAfter('7811.5')).toEqual([]);
  }, 20_000);

  test('an abort ends it, with the reason as failure', async () => {
    const control = new AbortController();
    setTimeout(() => control.abort(new Error('cancelled')), 200);
    await expect(runCommand(sh('sleep 7812.5'), { signal: control.signal })).rejects.toThrow('cancelled');
    expect(await running('7812.5')).toEqual([]);
  });

  test('a daemon that it has started stays, and is not waited for', async () => {
    const { stdout } = await runCommand(sh('echo ready; sleep 20.75 & echo $!'), { signal });
    const pid = Number(stdout.split('\n')[1]);
    expect(await running('20.75')).toContain(pid);
    process.kill(pid, 'SIGKILL');
  });
});
