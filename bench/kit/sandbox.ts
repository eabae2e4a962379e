import { down, up } from '../../sandbox/index.js';
import type { ComponentName, SandboxState } from '../../sandbox/kit/types.js';

const SANDBOX = 'bench';

/**
 * Runs `work` in a fresh sandbox of the benchmark's own and stops it afterwards, also after a failure or Ctrl+C. `interrupted` is
 * aborted by Ctrl+C; `work` is then to end what it started and to return or throw soon.
 */
export async function inSandbox<T>(
  components: readonly ComponentName[],
  progress: (line: string) => void,
  work: (state: SandboxState, interrupted: AbortSignal) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Error('interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    // What a killed benchmark has left would count in this one's figures.
    await down(SANDBOX);
    const state = await up({ name: SANDBOX, components, persistent: false, progress });
    interruption.signal.throwIfAborted();
    return await work(state, interruption.signal);
  } finally {
    await down(SANDBOX);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
