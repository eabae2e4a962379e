import type { ObjectStoreRef } from '../../systems/backupSchema.js';
import type { SecretResolver } from '../secrets/index.js';
import { factsOf } from './facts.js';
import { listingOf } from './listing.js';
import { objectsOf } from './objects.js';
import { openPlace, PATIENCE, type Patience } from './place.js';
import { removeFrom } from './remove.js';
import type { Bucket } from './types.js';
import { uploadStream } from './upload.js';
import { uploadFile } from './uploadFile.js';

/**
 * A place in an S3 store. No request is sent yet. Throws `SecretUnresolved` when the credentials' references lead nowhere. Every
 * request is bounded in time and tries (`patience`). Close it afterwards.
 */
export async function openBucket(
  ref: ObjectStoreRef,
  secrets: SecretResolver,
  patience: Partial<Patience> = {},
): Promise<Bucket> {
  const place = await openPlace(ref, secrets, { ...PATIENCE, ...patience });
  return {
    reference: (key) => place.reference(key),
    upload: (body, options) => uploadStream(place, body, options),
    uploadFile: (file, sha256, options) => uploadFile(place, file, sha256, options),
    ...objectsOf(place),
    ...listingOf(place),
    remove: removeFrom(place),
    facts: factsOf(place),
    close() {
      place.client.destroy();
      place.patient.destroy();
    },
  };
}
