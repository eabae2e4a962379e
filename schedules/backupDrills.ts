import { isObject, type Parts } from '../systems/parts.js';
import type { Finding } from '../systems/problem.js';

/** A drill decrypts with the recovery key alone; without one, a scheduled drill of encrypted backups could never succeed. Pure. */
export function drillKeyProblems({ backups, schedules }: Parts): Finding[] {
  const encryption = backups?.fields['encryption'];
  if (!isObject(encryption) || encryption['recoveryIdentity'] !== undefined) return [];
  const drill = schedules.find(({ fields }) => fields['runbook'] === 'drTest');
  if (drill === undefined) return [];
  const { id } = drill.fields;
  const message = `is missing; the drill ${typeof id === 'string' ? `"${id}" ` : ''}decrypts with this key and no other. Refer to the private half of the offline key, where the worker of the drill finds it`;
  return [{ path: ['backups', 'encryption', 'recoveryIdentity'], message }];
}
