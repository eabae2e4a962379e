import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { backupError } from './errors.js';

/** Longest silence of work that has no bytes to show: a large index, the hash of a large table. */
const SILENT_WORK_MS = 30 * 60_000;
/** How long aborted work may take to end its children before the activity ends without it. */
const UNWIND_MS = 60_000;
const DEFAULT_TICK_MS = 5_000;

/** How a long activity shows that it lives. */
export interface Beat {
  /** Aborted on cancel, on shutdown and when nothing has moved for too long. */
  signal: AbortSignal;
  /** Something advanced; `what` is shown as the phase's detail. */
  progress: (what: string) => void;
  /** Bytes that have moved in this phase so far; silence after that counts as a stall. */
  moved: (bytes: number) => void;
  /**
   * Begins a phase. With `bytes` it must move some within the policy's stall time; `work` has half an hour at least. `pulse`, where
   * given, is asked again and again: a number that has grown, such as CPU seconds, counts as life.
   */
  phase: (name: string, kind: 'bytes' | 'work', pulse?: () => number) => void;
}

/** Details of a heartbeat. A hint for people; nothing is resumed from it. */
export interface BeatDetails {
  phase: string;
  bytes: number;
  source: string;
  detail?: string;
}

/**
 * Runs `work` with heartbeats at a third of the heartbeat timeout, for as long as something advances. When nothing does, `work`
 * is aborted and `Stalled` thrown; on cancel and shutdown it is aborted and the activity's `CancelledFailure` thrown.
 */
export async function beating<T>(
  options: { source: string; stallSeconds: number },
  work: (beat: Beat) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs } = context.info;
  const control = new AbortController();
  const state = { phase: 'start', kind: 'work' as 'bytes' | 'work', bytes: 0, detail: '', since: performance.now() };
  let pulse: (() => number) | undefined;
  let felt = 0;
  let stalled: Error | undefined;
  const alive = (): void => void (state.since = performance.now());
  const limit = (): number => {
    const stall = options.stallSeconds * 1_000;
    return state.kind === 'bytes' ? stall : Math.max(stall, SILENT_WORK_MS);
  };
  const tick = (): void => {
    const now = pulse?.() ?? 0;
    // Compressors hold bytes back: a slow producer shows for a while by the work of its processes only.
    if (now > felt) {
      felt = now;
      alive();
    }
    if (control.signal.aborted) return;
    const silent = performance.now() - state.since;
    if (silent > limit()) {
      const at = state.detail === '' ? state.phase : `${state.phase}, ${state.detail}`;
      stalled = backupError(
        'Stalled',
        `${options.source}: nothing moved for ${Math.round(silent / 1_000)} s (${at}, ${state.bytes} bytes so far); it was ended. ` +
          'Look for a lock or a hung disk at the source, or raise stallSeconds.',
      );
      control.abort(stalled);
      return;
    }
    if (heartbeatTimeoutMs === undefined) return;
    const { phase, bytes, detail } = state;
    const details: BeatDetails = { phase, bytes, source: options.source, ...(detail !== '' && { detail }) };
    context.heartbeat(details);
  };
  const cancel = (): void => control.abort(context.cancellationSignal.reason ?? new CancelledFailure('cancelled'));
  if (context.cancellationSignal.aborted) cancel();
  context.cancellationSignal.addEventListener('abort', cancel);
  const every = Math.min(
    DEFAULT_TICK_MS,
    (heartbeatTimeoutMs ?? 3 * DEFAULT_TICK_MS) / 3,
    (options.stallSeconds * 1_000) / 4,
  );
  const timer = setInterval(tick, Math.max(every, 50));
  const beat: Beat = {
    signal: control.signal,
    progress(what) {
      state.detail = what.slice(0, 200);
      alive();
    },
    moved(bytes) {
      if (bytes !== state.bytes) alive();
      state.bytes = bytes;
    },
    phase(name, kind, read) {
      Object.assign(state, { phase: name, kind, bytes: 0, detail: '' });
      pulse = read;
      felt = read?.() ?? 0;
      alive();
    },
  };
  try {
    tick();
    return await bounded(work(beat), control.signal);
  } catch (error) {
    // Whatever the work made of being aborted, this is why it ended.
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw stalled ?? error;
  } finally {
    clearInterval(timer);
    context.cancellationSignal.removeEventListener('abort', cancel);
  }
}

/** Gives aborted work a bounded time to end: one that does not must not hold the worker's slot for ever. */
async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => {
      timer = setTimeout(() => reject(signal.reason as Error), UNWIND_MS);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
