import { Encrypter } from 'age-encryption';
import type { FurtherCheck } from './examine.js';
import { isObject, partsOf } from './parts.js';

/** Why a text is no public key of age that can be encrypted to; undefined when it is one. Keys have a checksum, so a typing error shows. */
export function recipientProblem(recipient: string): string | undefined {
  try {
    new Encrypter().addRecipient(recipient);
    return undefined;
  } catch {
    return 'is no public key of age (its checksum is wrong, or something is missing); copy what `age-keygen -y` prints';
  }
}

/**
 * Mistyped keys in `backups.encryption`. Not part of every load, because the library is slow to load and a run that encrypts would
 * find out too, before it stores anything.
 */
export const checkRecipients: FurtherCheck = (merged) => {
  const encryption = partsOf(merged).backups?.fields['encryption'];
  const recipients = isObject(encryption) ? encryption['recipients'] : undefined;
  return (Array.isArray(recipients) ? recipients : []).flatMap((recipient: unknown, index) => {
    // What does not even look like a key is the schema's affair.
    const problem = typeof recipient === 'string' && recipient.startsWith('age1') && recipientProblem(recipient);
    return problem ? [{ path: ['backups', 'encryption', 'recipients', index], message: problem }] : [];
  });
};
