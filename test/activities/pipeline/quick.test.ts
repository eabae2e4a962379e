import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../../activities/pipeline/run.js';
import { startPipeline } from '../../../activities/pipeline/start.js';

/** A program may have ended before this process looks at its output for the first time; none of it may be lost. */
test('no output of a very quick program is lost', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'belay-quick-'));
  const { signal } = new AbortController();
  try {
    const stdin = path.join(dir, 'in');
    await writeFile(stdin, 'all of it');
    const command = { file: 'cat', args: [], stdin };
    for (let i = 0; i < 150; i++) {
      expect(await text((await startPipeline([command], { signal })).output)).toBe('all of it');
      expect((await runCommand(command, { signal })).stdout).toBe('all of it');
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}, 300_000);
