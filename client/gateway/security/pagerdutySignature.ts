import { signatureBytes, signedByAny } from './digest.js';

/** PagerDuty sends one per signing secret; more than this is an attempt to make us work. */
const maxSignatures = 16;

/** `malformed`: the header is no list of `version=signature`; `missing` and `wrong` may be told apart in logs, never in answers. */
export type PagerdutyVerdict = { genuine: true } | { genuine: false; reason: 'missing' | 'malformed' | 'wrong' };

/**
 * Checks the header `X-PagerDuty-Signature`: a comma separated list of `v1=<HMAC-SHA256 of the body>`, of which one has to fit one of the
 * secrets. Signatures of versions that we do not know are passed over. Nothing in it is a time: replays are for `replayMemory`.
 */
export function verifyPagerduty(
  rawBody: Buffer,
  header: string | undefined,
  secrets: readonly string[],
): PagerdutyVerdict {
  if (!header) return { genuine: false, reason: 'missing' };
  const entries = header.split(',').map((entry) => /^\s*(v\d{1,3})=(\S{1,512})\s*$/.exec(entry));
  if (entries.length > maxSignatures || entries.includes(null)) return { genuine: false, reason: 'malformed' };
  const signatures: Buffer[] = [];
  for (const entry of entries) {
    if (entry?.[1] !== 'v1') continue;
    const bytes = signatureBytes(entry[2] ?? '');
    if (!bytes) return { genuine: false, reason: 'malformed' };
    signatures.push(bytes);
  }
  return signedByAny([rawBody], secrets, signatures) ? { genuine: true } : { genuine: false, reason: 'wrong' };
}
