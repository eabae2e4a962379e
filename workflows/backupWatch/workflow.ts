import type { BackupTarget } from '../../activities/backup/types.js';
import { clearAlarm, openAlarm } from '../backupKit/alarm.js';
import { targetsOf } from '../backupKit/targets.js';
import { probe } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { type Run, runbook } from '../kit/run.js';
import { now, type Step } from '../kit/steps.js';
import type { Report } from '../kit/types.js';
import { type Freshness, judgeAge } from './judge.js';
import { verbs } from './messages.js';
import type { BackupWatchInput } from './runbook.js';

/** Looks at the age of every source's newest good backup; input and failure types in `runbook.ts`. */
export async function backupWatch(raw: unknown): Promise<Report> {
  return runbook<BackupWatchInput>('backupWatch', verbs, raw, async (run) => {
    run.enter('running', 'Reads the store');
    const found = await Promise.all(
      targetsOf(run.system).map(async (target) => {
        const { name } = target.source;
        const { fresh, text } = await run.steps.step(`Look at ${name}`, (step) => look(run, step, target));
        return { fresh, line: `${name}: ${text}` };
      }),
    );
    const stale = found.filter((one) => !one.fresh);
    const summary = (stale.length > 0 ? stale : found).map((one) => one.line).join('; ');
    if (stale.length > 0) throw fail('BackupStale', summary);
    return { outcome: 'succeeded', summary };
  });
}

async function look(run: Run<BackupWatchInput>, step: Step, target: BackupTarget): Promise<Freshness> {
  const { name } = target.source;
  const found = await ageOf(target);
  if (found.fresh) step.note(found.text);
  else step.failed(found.text, found);
  if (run.input.dryRun) return found;
  if (found.fresh) {
    await clearAlarm(run, name, 'stale-backup', found.text);
    return found;
  }
  const alarm = await openAlarm(run, name, 'stale-backup', {
    title: `No fresh backup of ${name} (${run.system.name})`,
    text: found.text,
    since: found.since ?? now(),
  });
  step.failed(`${found.text}; alarm ${alarm === 'opened' ? 'opened' : 'is open already'}`, found);
  return found;
}

/** A store that does not answer is a breach of its own: silence is not freshness. */
async function ageOf(target: BackupTarget): Promise<Freshness> {
  const { policy, source } = target;
  try {
    const listing = await probe(`List the backups of ${source.name}`).listBackups({ target });
    return judgeAge(listing, policy.verify, policy.maxAgeSeconds, Date.now(), Date.now());
  } catch (error) {
    const { type, message } = causeOf(error);
    if (type === 'Cancelled') throw error;
    return { fresh: false, since: now(), text: `the age is not known: ${type}: ${message}` };
  }
}
