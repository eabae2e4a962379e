import { DeleteObjectCommand, GetObjectLegalHoldCommand, GetObjectRetentionCommand } from '@aws-sdk/client-s3';
import { answerOf, isMissing } from './errors.js';
import { allVersions } from './pages.js';
import type { Place } from './place.js';
import type { Bucket } from './types.js';

interface Version {
  id: string;
  /** A mark that hides older versions; it holds no bytes. */
  mark: boolean;
}

/** Every version and delete marker of exactly this (full) key. */
async function versionsOf(place: Place, key: string): Promise<Version[]> {
  const { versions, marks } = await allVersions(place, key);
  return [...versions.map((entry) => ({ entry, mark: false })), ...marks.map((entry) => ({ entry, mark: true }))]
    .filter(({ entry }) => entry.Key === key)
    .map(({ entry, mark }) => ({ id: entry.VersionId ?? 'null', mark }));
}

/** Until when a version is kept, as the store says: ISO time or `legal hold`; undefined when nothing keeps it. */
async function keptUntil(place: Place, key: string, version: string): Promise<string | undefined> {
  const object = { Bucket: place.bucket, Key: key, VersionId: version };
  const silent = (error: unknown): undefined => {
    const { status = 0 } = answerOf(error);
    // Stores say in several ways that there is no lock. Whoever may not ask is told so by the deletion itself.
    if (status >= 400 && status < 500) return undefined;
    throw error;
  };
  const hold = await place.client.send(new GetObjectLegalHoldCommand(object)).catch(silent);
  if (hold?.LegalHold?.Status === 'ON') return 'legal hold';
  const retention = await place.client.send(new GetObjectRetentionCommand(object)).catch(silent);
  const until = retention?.Retention?.RetainUntilDate;
  return until !== undefined && until.getTime() > Date.now() ? until.toISOString() : undefined;
}

/** See `Bucket.remove`. `deleted` counts versions that held bytes. Safe to repeat: what is gone counts as nothing. */
export function removeFrom(place: Place): Bucket['remove'] {
  return async (keys) => {
    const full = keys.map((key) => place.full(key));
    const retained: { key: string; until: string }[] = [];
    let deleted = 0;
    const removeVersion = async (key: string, version: Version): Promise<void> => {
      const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: key, VersionId: version.id });
      try {
        await place.client.send(command);
        if (!version.mark) deleted++;
      } catch (error) {
        if (isMissing(error)) return;
        const { status = 0 } = answerOf(error);
        const until = status >= 400 && status < 500 ? await keptUntil(place, key, version.id) : undefined;
        if (until === undefined) throw error;
        retained.push({ key: place.relative(key), until });
      }
    };
    for (const key of full) {
      await place.ask(`delete ${place.relative(key)}`, async () => {
        for (const version of await versionsOf(place, key)) await removeVersion(key, version);
      });
    }
    return { deleted, retained };
  };
}
