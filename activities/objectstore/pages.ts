import {
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  type DeleteMarkerEntry,
  type MultipartUpload,
  type ObjectVersion,
  type Part,
} from '@aws-sdk/client-s3';
import { backupError } from '../backup/errors.js';
import type { Place } from './place.js';

/** A store that gives the same page again and again must not keep us for ever. */
function mustAdvance(before: string, after: string, what: string): void {
  if (before === after) throw backupError('Unreachable', `The store lists ${what} without ever coming to an end.`);
}

/** All open uploads whose (full) key begins with the prefix. The SDK has no paginator for them. */
export async function allUploads(place: Place, prefix: string): Promise<MultipartUpload[]> {
  const found: MultipartUpload[] = [];
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const query = { Bucket: place.bucket, Prefix: prefix, ...markers };
    const page = await place.client.send(new ListMultipartUploadsCommand(query));
    found.push(...(page.Uploads ?? []));
    if (page.IsTruncated !== true) return found;
    const { NextKeyMarker = '', NextUploadIdMarker = '' } = page;
    const next = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
    mustAdvance(JSON.stringify(markers), JSON.stringify(next), 'open uploads');
    markers = next;
  }
}

/** All versions and delete markers whose (full) key begins with the prefix. */
export async function allVersions(
  place: Place,
  prefix: string,
): Promise<{ versions: ObjectVersion[]; marks: DeleteMarkerEntry[] }> {
  const versions: ObjectVersion[] = [];
  const marks: DeleteMarkerEntry[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const query = { Bucket: place.bucket, Prefix: prefix, ...markers };
    const page = await place.client.send(new ListObjectVersionsCommand(query));
    versions.push(...(page.Versions ?? []));
    marks.push(...(page.DeleteMarkers ?? []));
    if (page.IsTruncated !== true) return { versions, marks };
    const { NextKeyMarker = '', NextVersionIdMarker = '' } = page;
    const next = { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker };
    mustAdvance(JSON.stringify(markers), JSON.stringify(next), 'versions');
    markers = next;
  }
}

/** All parts of an open upload. The SDK's paginator goes on for ever with stores that name a next part after the last one. */
export async function allParts(place: Place, key: string, uploadId: string): Promise<Part[]> {
  const found: Part[] = [];
  let marker = '';
  for (;;) {
    const query = { Bucket: place.bucket, Key: key, UploadId: uploadId, MaxParts: 1_000 };
    const page = await place.client.send(
      new ListPartsCommand({ ...query, ...(marker === '' ? {} : { PartNumberMarker: marker }) }),
    );
    found.push(...(page.Parts ?? []));
    if (page.IsTruncated !== true) return found;
    mustAdvance(marker, page.NextPartNumberMarker ?? '', 'parts');
    marker = page.NextPartNumberMarker ?? '';
  }
}
