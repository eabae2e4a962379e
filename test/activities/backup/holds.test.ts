import { expect, test } from '@jest/globals';
import { foldEntry } from '../../../activities/backup/fold.js';
import { manifestOf } from '../../../activities/backup/manifest.js';
import type { BackupEvent, BackupTarget, Draft } from '../../../activities/backup/types.js';
import { loadSystem } from '../../../systems/load.js';
import { packagedSystems } from '../../../systems/directories.js';
import { namedTarget } from '../../../workflows/backupKit/targets.js';

const AT = '2026-11-21T02:00:00Z';
const target: BackupTarget = namedTarget(
  loadSystem('ai-orchestrator', { dirs: [packagedSystems()] }).system,
  'orchestrator',
);
const draft: Draft = {
  ...{ backupId: '20261121T020000Z-1a2b3c4d', attempt: 1, startedAt: AT, endedAt: AT, recoveryPoint: { at: AT } },
  facts: { identity: '1', serverVersion: '16.4', tools: {}, warnings: [] },
  ...{ objects: [], contents: { items: 0, rows: 0, digest: 'x' }, excluded: [] },
};
const run = { workflowId: 'w', runId: 'r', runbook: 'backup', requestedBy: 'alice', reason: 'test' };
const manifest = manifestOf(target, draft, run, AT);

/** `hold cli/alice` and so on, one minute apart. */
const held = (...events: string[]): boolean =>
  foldEntry(
    manifest,
    events.map((text, minute): BackupEvent => {
      const [kind, workflowId] = text.split(' ') as ['hold' | 'release', string];
      return { at: new Date(Date.parse(AT) + minute * 60_000).toISOString(), kind, detail: 'test', workflowId };
    }),
  ).held;

test.each<[string, string[], boolean]>([
  ['nobody', [], false],
  ['a person', ['hold cli/alice'], true],
  ['a person who let go', ['hold cli/alice', 'release cli/alice'], false],
  ['another person lets go', ['hold cli/alice', 'release cli/bob'], false],
  ['a drill that has ended', ['hold drTest/1', 'release drTest/1'], false],
  ['a person, while a drill came and went', ['hold cli/alice', 'hold drTest/1', 'release drTest/1'], true],
  ['a drill, while another came and went', ['hold drTest/1', 'hold drTest/2', 'release drTest/2'], true],
  ['a drill that died, until a person lets go', ['hold drTest/1', 'release cli/alice'], false],
  ['a release that comes before its hold', ['release cli/alice', 'hold cli/alice'], true],
])('held by %s', (_, events, expected) => {
  expect(held(...events)).toBe(expected);
});
