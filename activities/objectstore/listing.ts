import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { endUpload, lastPartAt, openUploads } from './multipart.js';
import type { Place } from './place.js';
import type { Bucket } from './types.js';

/** What stands below a folder of the place. */
export function listingOf(place: Place): Pick<Bucket, 'list' | 'listFolders' | 'openUploads' | 'abortUploads'> {
  const { client, bucket: Bucket } = place;
  return {
    list: (folder) =>
      place.ask(`list ${folder}`, async () => {
        const found: { key: string; bytes: number; modified: Date }[] = [];
        const query = { Bucket, Prefix: place.below(folder) };
        for await (const page of paginateListObjectsV2({ client }, query)) {
          for (const { Key, Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
            // Folder marks, which consoles create, are no objects.
            if (Key === undefined || Key.endsWith('/')) continue;
            found.push({ key: place.relative(Key), bytes: Size, modified: LastModified });
          }
        }
        return found;
      }),

    listFolders: (folder) =>
      place.ask(`list ${folder}`, async () => {
        const prefix = place.below(folder);
        const names: string[] = [];
        for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix, Delimiter: '/' })) {
          for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(prefix.length, -1));
        }
        return names.filter((name) => name !== '');
      }),

    openUploads: (folder) =>
      place.ask(`list open uploads below ${folder}`, async () => {
        const found: { key: string; lastWriteAt: Date }[] = [];
        for (const { key, uploadId, initiated } of await openUploads(place, place.below(folder), false)) {
          found.push({ key: place.relative(key), lastWriteAt: await lastPartAt(place, key, uploadId, initiated) });
        }
        return found;
      }),

    abortUploads: (folder) =>
      place.ask(`end open uploads below ${folder}`, async () => {
        const open = await openUploads(place, place.below(folder), false);
        for (const { key, uploadId } of open) await endUpload(place, key, uploadId);
        return open.map(({ key }) => place.relative(key));
      }),
  };
}
