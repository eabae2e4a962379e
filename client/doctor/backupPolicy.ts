import { recipientProblem } from '../../systems/ageKeys.js';
import type { Backups } from '../../systems/backupSchema.js';
import type { SecretResolver } from '../../activities/secrets/index.js';
import type { System } from '../../systems/schema.js';
import { attempt } from './check.js';
import type { Check } from './check.js';
import { outsideWorker } from './outsideWorker.js';

const limitMs = 15_000;

/** What a description of backups leaves out, though it may: nothing is wrong with it, and yet something is not safe. Pure. */
export function policyGaps(area: string, system: System): Check[] {
  const { backups, kubernetes, schedules } = system;
  if (!backups) return [];
  const name = 'backup policy';
  const scheduled = (runbook: string) => schedules.some((one) => one.runbook === runbook && one.enabled);
  const gap = (detail: string, cure: string): Check => ({ area, name, level: 'warn', detail, cure });
  const gaps: Check[] = [];
  if (kubernetes && !backups.sources.some(({ type }) => type === 'kubernetes'))
    gaps.push(
      gap(
        `objects of namespace ${kubernetes.namespace} (ConfigMaps, Secrets, …) are not backed up`,
        'add a source of type kubernetes, and two age keys of your own; see docs/backup.md',
      ),
    );
  if (!scheduled('backup')) gaps.push(gap('no schedule starts backup', 'add one to `schedules`'));
  if (!scheduled('backupWatch'))
    gaps.push(gap('no schedule starts backupWatch: nobody would notice missing backups', 'add one, every 15m'));
  const policies = [backups.retention, ...backups.sources.map(({ retention }) => retention)];
  if (policies.every((policy) => policy?.apply !== true))
    gaps.push(
      gap('nothing is ever deleted', 'read `belay plan retention …`, then set backups.retention.apply to true'),
    );
  return gaps;
}

/** Whether the keys of a policy are keys, and fit together. Nothing of a private key is shown. */
export async function checkKeys(
  secrets: SecretResolver,
  area: string,
  { encryption }: Pick<Backups, 'encryption'>,
): Promise<Check[]> {
  if (!encryption) return [];
  const name = 'backup keys';
  return attempt(area, name, async () => {
    const { recipients, identity } = encryption;
    const broken = recipients.findIndex((recipient) => recipientProblem(recipient) !== undefined);
    if (broken >= 0)
      return {
        area,
        name,
        level: 'bad',
        detail: `recipients[${broken}] ${recipientProblem(recipients[broken] ?? '')}`,
      };
    const key = await outsideWorker(limitMs, () => secrets.resolve(identity));
    const recipient = await publicKeyOf(key);
    if (recipient === undefined)
      return { area, name, level: 'bad', detail: `${identity} holds no private key of age (AGE-SECRET-KEY-1…)` };
    if (recipients.includes(recipient))
      return { area, name, level: 'ok', detail: `${recipients.length} recipients, and ${identity} opens one of them` };
    const cure = `add ${recipient} to recipients, or refer to the key that belongs to one of them`;
    return {
      area,
      name,
      level: 'bad',
      detail: `${identity} belongs to none of the recipients, so no backup could be verified`,
      cure,
    };
  });
}

async function publicKeyOf(text: string): Promise<string | undefined> {
  const { identityToRecipient } = await import('age-encryption');
  const key = text.split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-'));
  try {
    return key === undefined ? undefined : await identityToRecipient(key.trim());
  } catch {
    return undefined;
  }
}
