import { bounded } from '../secrets/redact.js';

/** The part of `fetch` that the activities use; tests and instrumented workers inject their own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface BoundedRequest {
  url: string;
  method: string;
  headers?: Record<string, string>;
  body?: string;
  /** From the first byte sent to the last one read. */
  timeoutMs: number;
  /** Bytes of body that are kept; the rest is not read. */
  maxBytes: number;
  redirect?: 'manual' | 'follow';
  /** The activity's cancellation. */
  signal?: AbortSignal;
}

/** An answer, whatever its status. `body` holds at most `maxBytes`; `cut` says that there was more. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
  cut: boolean;
  latencyMs: number;
}

/** No answer came. The message is one redacted sentence that a person can act on. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * One request, bounded in time and size. Throws {@link NoAnswer} when none came (timeout, refused, DNS, TLS) or when `signal` fired;
 * the caller tells the latter by the signal. Every request has a connection of its own: behind a Service a kept connection would go
 * on measuring the pod it was opened to.
 */
export async function request(fetch: Fetch, input: BoundedRequest): Promise<Answer> {
  const abort = new AbortController();
  const cancelled = () => abort.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort.abort();
  }, input.timeoutMs);
  input.signal?.addEventListener('abort', cancelled, { once: true });
  if (input.signal?.aborted) cancelled();
  const started = performance.now();
  try {
    const response = await fetch(input.url, {
      method: input.method,
      headers: { 'user-agent': 'belay', connection: 'close', ...input.headers },
      redirect: input.redirect ?? 'manual',
      signal: abort.signal,
      ...(input.body === undefined ? {} : { body: input.body }),
    });
    const { body, cut } = await readBody(response, input.maxBytes);
    return { status: response.status, headers: response.headers, body, cut, latencyMs: performance.now() - started };
  } catch (error) {
    throw new NoAnswer(timedOut ? `no answer within ${input.timeoutMs / 1000} s` : describe(error, input.url));
  } finally {
    clearTimeout(timer);
    input.signal?.removeEventListener('abort', cancelled);
  }
}

async function readBody(response: Response, maxBytes: number): Promise<{ body: Buffer; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (!reader) return { body: Buffer.alloc(0), cut: false };
  while (size <= maxBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  if (size > maxBytes) await reader.cancel();
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), cut: size > maxBytes };
}

/** What failed below `fetch failed`: undici hides the reason one or two causes deep (told by shape, as it may be of another realm). */
function describe(error: unknown, url: string): string {
  type Failure = { code?: unknown; message?: unknown; cause?: unknown };
  let deepest = error as Failure;
  for (let depth = 0; depth < 5 && typeof deepest.cause === 'object' && deepest.cause; depth++) deepest = deepest.cause;
  const code = typeof deepest.code === 'string' ? deepest.code : '';
  const host = URL.canParse(url) ? new URL(url).host : 'an address that is not a URL';
  if (code === 'ECONNREFUSED') return `connection refused by ${host}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name of ${host} could not be resolved (${code})`;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET')
    return `connection to ${host} closed before the answer was complete`;
  return bounded(`request to ${host} failed: ${code} ${String(deepest.message)}`);
}
