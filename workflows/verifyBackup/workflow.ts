import { fail } from '../kit/failure.js';
import { type Run, runbook } from '../kit/run.js';
import type { Plan, Report } from '../kit/types.js';
import { probe } from '../kit/activities.js';
import { hashOf } from '../kit/hash.js';
import type { BackupEntry, BackupTarget } from '../../activities/backup/types.js';
import { choose, described } from '../backupKit/choose.js';
import { namedTarget } from '../backupKit/targets.js';
import { verdictText, verifyAndRecord } from '../backupKit/verify.js';
import { verbs } from './messages.js';
import type { VerifyBackupInput } from './runbook.js';

/** Verifies an existing backup; input and failure types in `runbook.ts`. */
export async function verifyBackup(raw: unknown): Promise<Report> {
  return runbook<VerifyBackupInput>('verifyBackup', verbs, raw, async (run) => {
    const { level, dryRun } = run.input;
    run.enter('planning', 'Chooses the backup');
    const target = namedTarget(run.system, run.input.source);
    const entry = await run.steps.step('Choose the backup', async (step) => {
      const chosen = await chooseOne(run, target);
      step.note(described(chosen));
      return chosen;
    });
    run.status.plan = planOf(run, entry);
    if (dryRun) return { outcome: 'planned', summary: `Plan only: ${run.status.plan.summary}` };
    run.enter('running', run.status.plan.summary);
    const result = await run.steps.step(`Verify to ${level}`, (step) =>
      verifyAndRecord(run, step, target, entry.id, level, entry.bytes * 10),
    );
    const summary = `${entry.id}: ${verdictText(result)}`;
    if (!result.passed) throw fail('VerificationFailed', summary, result);
    return { outcome: 'succeeded', summary };
  });
}

async function chooseOne(run: Run<VerifyBackupInput>, target: BackupTarget): Promise<BackupEntry> {
  const { backup, source } = run.input;
  const listing = await probe(`List the backups of ${source}`).listBackups({ target });
  const choice = backup === 'latest' || backup === 'random' ? backup : { id: backup };
  // Any published backup may be drawn, also one that only its bytes were checked of.
  const chosen = choose(listing, choice, 'L2', Math.random());
  if ('problem' in chosen) throw fail('PreflightFailed', `${source}: ${chosen.problem}. Nothing was touched.`);
  return chosen.entry;
}

function planOf(run: Run<VerifyBackupInput>, entry: BackupEntry): Plan {
  const summary = `Verify ${described(entry)} to ${run.input.level}`;
  const plan = { summary, steps: [{ title: summary }], warnings: [], facts: { id: entry.id } };
  return { ...plan, hash: hashOf({ ...plan.facts, description: run.systemHash }) };
}
