import { condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { BackupRun, BackupTarget } from '../../activities/backup/types.js';
import { queueOf, TIDY_MS } from '../backupKit/targets.js';
import { transfer } from '../kit/activities.js';

/** Keep it until this time, ISO. */
export const keepUntilSignal = defineSignal<[string]>('keepUntil');

export interface KeptCopyInput {
  target: BackupTarget;
  /** Name of the copy. */
  name: string;
  /** Absolute time at which it is dropped, ISO. */
  until: string;
  /** The restore that put it aside. */
  run: BackupRun;
}

/** What a swap replaced, kept for the stated time and then dropped. Started by `restore`; terminate it to keep the copy for good. */
export async function keptCopy(input: KeptCopyInput): Promise<{ dropped: boolean }> {
  const kept = { until: Date.parse(input.until) };
  const show = () =>
    setCurrentDetails(
      `Keeps \`${input.name}\` of ${input.target.source.name} until ${new Date(kept.until).toISOString()}, then drops it. Signal \`keepUntil\` with another time, or terminate this to keep it for good.`,
    );
  setHandler(
    keepUntilSignal,
    (until) => {
      const time = Date.parse(until);
      if (!Number.isNaN(time)) kept.until = time;
      show();
    },
    { description: 'Keep the copy until another time, e.g. "2026-12-01T08:00:00Z".' },
  );
  show();
  for (let until = kept.until; Date.now() < kept.until; until = kept.until) {
    await condition(() => kept.until !== until, Math.max(1, until - Date.now()), { summary: 'The copy is kept' });
  }
  const { target, name, run } = input;
  return transfer(`Drop ${name}`, TIDY_MS, queueOf(target)).dropRestored({ target, name, run });
}
