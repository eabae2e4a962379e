import { createFolderStore } from './folder.js';
import type { EvidenceStore } from './store.js';

/** Where reports go when nothing is configured, below the current folder. */
export const DEFAULT_EVIDENCE = './.belay/evidence';

const wrong = (why: string) =>
  new Error(`BELAY_EVIDENCE: ${why}; give a folder or s3://bucket/prefix?endpoint=…&region=…`);

/**
 * The store at a location (`$BELAY_EVIDENCE`): a folder, or `s3://bucket/prefix?endpoint=https://…&region=…` for a bucket (endpoint only
 * for S3-compatible servers; credentials come from the AWS default chain). Throws a sentence with the cure for anything else.
 */
export async function openEvidenceStore(
  location = process.env['BELAY_EVIDENCE'] ?? DEFAULT_EVIDENCE,
): Promise<EvidenceStore> {
  if (!/^[a-z0-9]+:\/\//i.test(location)) return createFolderStore(location);
  if (!URL.canParse(location) || new URL(location).protocol !== 's3:')
    throw wrong('it is neither a folder nor an s3:// URL');
  const url = new URL(location);
  if (url.hostname === '') throw wrong('the bucket is missing');
  if (url.username !== '' || url.password !== '')
    throw wrong('credentials do not belong into it, the AWS default chain finds them');
  const endpoint = url.searchParams.get('endpoint');
  const region = url.searchParams.get('region');
  // The SDK takes a third of a second to load; whoever keeps reports in a folder need not wait for it.
  const [{ S3Client }, { createS3Store }] = await Promise.all([import('@aws-sdk/client-s3'), import('./s3.js')]);
  const client = new S3Client({
    maxAttempts: 3,
    ...(region === null ? {} : { region }),
    ...(endpoint === null
      ? {}
      : { endpoint, forcePathStyle: true, ...(region === null ? { region: 'us-east-1' } : {}) }),
  });
  return createS3Store({ client, bucket: url.hostname, prefix: decodeURIComponent(url.pathname.slice(1)) });
}
