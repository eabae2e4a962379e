import type { Readable } from 'node:stream';
import type { Payload } from './engine.js';
import { produce } from './payload.js';
import type { Work } from './work.js';

/**
 * Produces a payload while `save` takes its bytes, as a phase of the work; nothing of it runs afterwards. What goes beside another
 * payload is no phase of its own: the large one tells whether anything moves.
 */
export async function producing<T>(
  work: Work,
  payload: Payload,
  way: { verb: 'store' | 'stage'; signal: AbortSignal },
  save: (body: Readable) => Promise<T>,
): Promise<{ made: T; plainBytes?: number }> {
  const { beat, target } = work;
  let pulse = (): number => 0;
  if (!payload.beside) beat.phase(`${way.verb} ${payload.name}`, 'bytes', () => pulse());
  const moved = payload.beside ? () => undefined : beat.moved;
  const production = await produce(payload, target.policy, way.signal, moved);
  ({ pulse } = production);
  const { plainBytes } = production;
  try {
    return { made: await save(production.body), ...(plainBytes !== undefined && { plainBytes }) };
  } finally {
    await production.stop();
  }
}
