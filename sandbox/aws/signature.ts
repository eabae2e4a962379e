import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './xml.js';

const MAX_SKEW_MS = 15 * 60_000;

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** Path with the query. */
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<date>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, ?SignedHeaders=(?<headers>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/**
 * Region and service of a request whose signature is right. Throws the `Refusal` that Amazon gives otherwise
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
export function checkSignature(
  request: SignedRequest,
  known: Credentials,
  now = Date.now(),
): { region: string; service: string } {
  const header = (name: string): string => [request.headers[name] ?? ''].flat().join(',');
  if (header('authorization') === '') {
    throw new Refusal(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const parts = FORM.exec(header('authorization'))?.groups;
  if (!parts) throw new Refusal(400, 'IncompleteSignature', 'Authorization header is malformed.');
  const { key = '', date = '', region = '', service = '', headers = '', signature = '' } = parts;
  if (key !== known.accessKeyId) {
    throw new Refusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const time = header('x-amz-date');
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(at - now) <= MAX_SKEW_MS) || !time.startsWith(date)) {
    throw new Refusal(403, 'SignatureDoesNotMatch', `Signature expired: ${time} is not within 15 minutes.`);
  }
  const signed = headers.split(';');
  if (!signed.includes('host')) throw new Refusal(403, 'SignatureDoesNotMatch', "'Host' must be a signed header.");
  const { pathname, searchParams } = new URL(request.url, 'http://aws');
  const canonical = [
    request.method,
    pathname,
    [...searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .toSorted()
      .join('&'),
    ...signed.map((name) => `${name}:${header(name).trim().replaceAll(/ +/g, ' ')}`),
    '',
    headers,
    createHash('sha256').update(request.body).digest('hex'),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const hmac = (by: string | Buffer, what: string): Buffer => createHmac('sha256', by).update(what).digest();
  const signing = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${known.secretAccessKey}`, date));
  if (!timingSafeEqual(Buffer.from(signature, 'hex'), hmac(signing, text))) {
    throw new Refusal(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  return { region, service };
}
