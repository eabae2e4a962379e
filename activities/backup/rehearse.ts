import type { Engine, ExternalEngine } from './engine.js';
import { backupError } from './errors.js';
import { identityReference } from './fetch.js';
import { rank } from './fold.js';
import { climb } from './ladder.js';
import { readManifest } from './lookup.js';
import type { Manifest } from './manifest.js';
import { Trial } from './trial.js';
import type { BackupActivities, Level, Verification } from './types.js';
import { engineContext, engineOf, working, type BackupOptions, type Work } from './work.js';

type Input = Parameters<BackupActivities['rehearseRestore']>[0];

/** See `BackupActivities.rehearseRestore`. */
export async function rehearseRestore(options: BackupOptions, input: Input): Promise<Verification> {
  const { target, backupId, level } = input;
  const found = await engineOf(options, target.source);
  return working(options, input, async (work) => {
    const read = await readManifest(work.bucket, target, backupId);
    if ('unreadable' in read) return damagedManifest(level, read.unreadable);
    const { manifest } = read;
    if (manifest.type !== target.source.type) {
      throw backupError(
        'Unsupported',
        `${backupId} is a backup of ${manifest.type}, the source is ${target.source.type} now.`,
      );
    }
    if (found.external) return verifyExternal(work, found.engine, manifest, level);
    return rehearse(work, found.engine, manifest, withSmoke(input));
  });
}

/** Smoke queries need a restored copy to ask. */
function withSmoke(input: Input): Input {
  return input.smoke && rank(input.level) < rank('L4') ? { ...input, level: 'L4' } : input;
}

function damagedManifest(asked: Level, why: string): Verification {
  const summary = `The manifest cannot be used: ${why}`;
  const levels = [{ level: 'L2' as const, passed: false, summary, tookMs: 0 }];
  return { asked, reached: 'L0', passed: false, levels, differences: [summary], timings: {} };
}

async function verifyExternal(
  work: Work,
  engine: ExternalEngine,
  manifest: Manifest,
  asked: Level,
): Promise<Verification> {
  if (!manifest.external) throw backupError('Damaged', `The manifest of ${manifest.id} names no backup of the vendor.`);
  work.beat.phase('verify', 'work');
  const { levels, timings } = await engine.verify(work.target.source, manifest.external, asked, engineContext(work));
  const rungs = levels.toSorted((a, b) => rank(a.level) - rank(b.level));
  const failed = rungs.findIndex(({ passed }) => !passed);
  const held = failed === -1 ? rungs : rungs.slice(0, failed);
  const reached = held.at(-1)?.level ?? 'L0';
  const differences = rungs.slice(failed === -1 ? rungs.length : failed).map(({ summary }) => summary);
  return { asked, reached, passed: rank(reached) >= rank(asked), levels: rungs, differences, timings };
}

/** Refuses what cannot be answered, before anything is read: a backup must not look bad for that. */
function checkQuestion(work: Work, manifest: Manifest, { level, identity }: Input): void {
  if (level === 'L6' && manifest.contentsLevel !== 'L6') {
    throw backupError(
      'Unsupported',
      `${manifest.id} was taken without content hashes (verify: ${manifest.contentsLevel}), so L6 cannot be checked. Ask for L5, or set verify to L6 for the backups to come.`,
    );
  }
  const encrypted = manifest.objects.some((object) => object.encryption === 'age');
  if (encrypted && rank(level) >= rank('L3')) identityReference(work.target, identity);
}

async function rehearse(work: Work, engine: Engine, manifest: Manifest, input: Input): Promise<Verification> {
  checkQuestion(work, manifest, input);
  const trial = new Trial(work, engine, manifest, input);
  try {
    const result = await climb(input.level, 'L1', trial.rungs());
    return { ...result, timings: trial.timings() };
  } finally {
    await trial.close();
  }
}
