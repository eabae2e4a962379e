import { createHash } from 'node:crypto';

/** Tags that say what is ours. Nothing without the right one is ever deleted or renamed by us. */
export const TAGS = {
  /** Snapshots and restored instances: id of the backup. */
  backup: 'belay-backup',
  /** Workflow that made it. */
  workflow: 'belay-workflow',
  /** Test instances: the run that made it. */
  throwaway: 'belay-throwaway',
  /** Restored copies: their name. */
  copy: 'belay-copy',
  /** The instance that a swap replaced: the name that it is kept under. */
  kept: 'belay-kept',
} as const;

export type Tags = Record<string, string>;

/** Tags in the form of Amazon's API. Characters that it does not take become `_`. */
export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, value]) => ({
    Key,
    Value: value.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256),
  }));
}

export function fromTagList(list: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags {
  return Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Whether tags hold this one, compared as Amazon would have stored it. */
export function hasTag(tags: Tags, key: string, value: string): boolean {
  return tags[key] !== undefined && tags[key] === toTagList({ [key]: value })[0]?.Value;
}

/**
 * A name in Amazon's rule for instances and snapshots: lower case, letters, digits and single hyphens, beginning with a letter. Names
 * that other kinds of source share have underscores.
 */
export function identifierOf(name: string, longest = 63): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const begun = /^[a-z]/.test(plain) ? plain : `b-${plain}`.replace(/-$/, '');
  if (begun.length <= longest) return begun;
  // What is cut off must still tell two names apart.
  return `${begun.slice(0, longest - 9).replace(/-$/, '')}-${shortHash(name)}`;
}

/** Name of the snapshot of a backup: the same in every attempt. */
export const snapshotName = (instance: string, backupId: string): string =>
  identifierOf(`belay-${instance}-${backupId}`, 255);

/** Name of the test instance of a snapshot in a run: the same in every attempt, so that a repeat finds it. */
export const throwawayName = (runId: string, snapshot: string): string =>
  `belay-test-${shortHash(`${runId}/${snapshot}`)}${shortHash(snapshot)}`;

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
