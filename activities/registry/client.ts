import { createHash } from 'node:crypto';
import { z } from 'zod';
import { request, type Answer, type Fetch } from '../http/request.js';
import { bounded, registerSecret } from '../secrets/redact.js';
import { parseChallenge, type Challenge } from './challenge.js';
import type { RegistryCredentials } from './credentials.js';

/** Where and how one repository is asked. */
export interface Repository {
  host: string;
  path: string;
  /** Plain HTTP; only where the system's description allows it. */
  insecure: boolean;
  credentials?: RegistryCredentials;
}

export interface ClientOptions {
  fetch: Fetch;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The registry answered, but not with what was asked for. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';
  constructor(
    readonly kind: 'notFound' | 'notAllowed' | 'failed',
    message: string,
  ) {
    super(message);
  }
}

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1),
});
const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The registry's own words (OCI distribution spec, error codes), else the start of the body. */
function wordsOf(answer: Answer): string {
  const errors = errorsSchema.safeParse(json(answer.body));
  if (errors.success)
    return bounded(errors.data.errors.map((e) => `${e.code}${e.message ? `: ${e.message}` : ''}`).join('; '));
  return bounded(answer.body.toString('utf8'), 160) || 'no message';
}

const basic = ({ username, password }: RegistryCredentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Answers a challenge: a token from its realm, anonymous or with the login, or the login itself. */
async function authorize(
  repository: Repository,
  challenge: Challenge | undefined,
  options: ClientOptions,
): Promise<string> {
  const { credentials } = repository;
  if (challenge?.scheme === 'basic' && credentials) return basic(credentials);
  const { realm, service, scope } = challenge?.parameters ?? {};
  if (challenge?.scheme !== 'bearer' || realm === undefined || !URL.canParse(realm)) {
    throw new RegistryRefusal(
      'notAllowed',
      `not allowed: ${repository.host} wants a login that this worker does not have`,
    );
  }
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !(repository.insecure && url.protocol === 'http:')) {
    throw new RegistryRefusal(
      'notAllowed',
      `not allowed: ${repository.host} sends its clients to ${url.host} without TLS for a token`,
    );
  }
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope ?? `repository:${repository.path}:pull`);
  const headers: Record<string, string> = credentials ? { authorization: basic(credentials) } : {};
  const answer = await request(options.fetch, {
    ...options,
    url: url.href,
    method: 'GET',
    headers,
    maxBytes: 256 * 1024,
  });
  const token = tokenSchema.safeParse(json(answer.body)).data;
  const value = token?.token ?? token?.access_token;
  if (answer.status === 401 || answer.status === 403)
    throw new RegistryRefusal('notAllowed', `not allowed: ${wordsOf(answer)}`);
  if (answer.status !== 200 || !value) {
    throw new RegistryRefusal('failed', `${url.host} gave no token (HTTP ${answer.status}: ${wordsOf(answer)})`);
  }
  registerSecret(value);
  return `Bearer ${value}`;
}

/** A reader of one repository; it remembers its token for the few requests that one image takes. */
export function createRepositoryClient(repository: Repository, options: ClientOptions) {
  const base = `${repository.insecure ? 'http' : 'https'}://${repository.host}/v2/${repository.path}`;
  let authorization: string | undefined;

  async function get(path: string, accept: string, maxBytes: number): Promise<Answer> {
    const ask = () =>
      request(options.fetch, {
        ...options,
        url: `${base}/${path}`,
        method: 'GET',
        headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
        maxBytes,
        // Blobs are often kept by a CDN. fetch drops the authorization when it follows to another host.
        redirect: 'follow',
      });
    let answer = await ask();
    if (answer.status === 401 && authorization === undefined) {
      authorization = await authorize(repository, parseChallenge(answer.headers.get('www-authenticate')), options);
      answer = await ask();
    }
    if (answer.status === 200 && !answer.cut) return answer;
    if (answer.status === 200)
      throw new RegistryRefusal('failed', `${repository.host} sent more than ${maxBytes} bytes for ${path}`);
    if (answer.status === 404) throw new RegistryRefusal('notFound', wordsOf(answer));
    if (answer.status === 401 || answer.status === 403)
      throw new RegistryRefusal('notAllowed', `not allowed: ${wordsOf(answer)}`);
    throw new RegistryRefusal('failed', `${repository.host} answered HTTP ${answer.status}: ${wordsOf(answer)}`);
  }

  /** Fetches and verifies: the bytes must hash to the digest asked for, or else to the one that the registry claims. */
  async function getVerified(path: string, accept: string, maxBytes: number, digest?: string) {
    const answer = await get(path, accept, maxBytes);
    const claimed = digest ?? answer.headers.get('docker-content-digest') ?? undefined;
    const algorithm = claimed?.split(':')[0] ?? 'sha256';
    if (!['sha256', 'sha384', 'sha512'].includes(algorithm)) {
      throw new RegistryRefusal('failed', `the digest algorithm ${bounded(algorithm, 40)} is not supported`);
    }
    const actual = `${algorithm}:${createHash(algorithm).update(answer.body).digest('hex')}`;
    if (claimed !== undefined && claimed !== actual) {
      throw new RegistryRefusal(
        'failed',
        `${repository.host} sent bytes of ${actual} as ${bounded(claimed, 160)}; do not trust them`,
      );
    }
    return { digest: actual, json: json(answer.body), mediaType: answer.headers.get('content-type') ?? '' };
  }

  return { getVerified };
}
