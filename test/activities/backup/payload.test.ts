import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { produce } from '../../../activities/backup/payload.js';

/** The pulse over half a second. */
async function grows(pulse: () => number): Promise<boolean> {
  const before = pulse();
  for (let i = 0; i < 5; i++) {
    await sleep(100);
    pulse();
  }
  return pulse() > before;
}

test('bytes that wait for a slow store are no stall of the producer; a producer that hangs is one', async () => {
  const control = new AbortController();
  const commands = [{ file: 'sh', args: ['-c', 'head -c 9000000 /dev/urandom; exec sleep 3600'] }];
  const payload = { name: 'x', from: { commands } };
  const { body, pulse, stop } = await produce(payload, { compressionLevel: 1 }, control.signal, () => undefined);
  body.on('error', () => undefined);
  await once(body, 'readable');
  expect(await grows(pulse)).toBe(true);
  body.resume();
  await sleep(1_500);
  expect(await grows(pulse)).toBe(false);
  await stop();
}, 120_000);
