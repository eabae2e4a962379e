import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError } from './apiError.js';

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  /** Of the whole answer; a watch has its own. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Answer<T> {
  body: T;
  /** The server's clock at the answer, from the Date header. */
  serverTime: Date;
}

/** One cluster as one identity. Bodies are JSON as the server sent it, no field dropped. */
export interface KubeClients {
  /** Name of the kubeconfig context. */
  context: string;
  call<T>(call: Call): Promise<Answer<T>>;
  text(call: Call): Promise<string>;
  /** Opens a watch; the caller reads the lines and destroys the stream. */
  stream(call: Call): Promise<IncomingMessage>;
}

/** Mutations must fit into an activity's 10 s. */
const CALL_MS = 8_000;

/** A client for the current context of `config`. Connections are kept alive and shared by all calls. */
export function createClients(config: KubeConfig): KubeClients {
  const agents = new Map<string, Agent>();

  async function open(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const server = config.getCurrentCluster()?.server ?? '';
    const url = new URL(server.replace(/\/+$/, '') + call.path);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    options.agent = reuse(agents, options.agent);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      accept: 'application/json',
      'user-agent': 'belay',
      ...(options.headers as Record<string, string>),
    };
    if (body !== undefined) {
      Object.assign(headers, {
        'content-type': call.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      });
    }
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, { ...options, headers, method: call.method ?? 'GET', signal }, resolve);
      request.on('error', reject);
      request.end(body);
    });
  }

  async function answered(call: Call): Promise<{ response: IncomingMessage; body: string }> {
    const timeout = AbortSignal.timeout(call.timeoutMs ?? CALL_MS);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    try {
      const response = await open(call, signal);
      const body = await text(response);
      if ((response.statusCode ?? 0) >= 300) throw refused(call, response, body);
      return { response, body };
    } catch (error) {
      throw noAnswer(call, error, timeout.aborted);
    }
  }

  return {
    context: config.getCurrentContext(),
    async call<T>(call: Call): Promise<Answer<T>> {
      const { response, body } = await answered(call);
      return { body: parse(call, body) as T, serverTime: new Date(response.headers.date ?? Date.now()) };
    },
    async text(call) {
      return (await answered(call)).body;
    },
    async stream(call) {
      // Only the time to the first byte is limited here: the stream's own end is the server's timeoutSeconds.
      const opening = new AbortController();
      const timer = setTimeout(() => opening.abort(), call.timeoutMs ?? CALL_MS);
      const signal = call.signal ? AbortSignal.any([call.signal, opening.signal]) : opening.signal;
      try {
        const response = await open(call, signal);
        if ((response.statusCode ?? 0) >= 300) throw refused(call, response, await text(response));
        return response;
      } catch (error) {
        throw noAnswer(call, error, opening.signal.aborted);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** One keep-alive agent per set of TLS credentials; a proxy's agent is taken as it comes. */
function reuse(agents: Map<string, Agent>, made: RequestOptions['agent']): RequestOptions['agent'] {
  if (!(made instanceof Agent) || made.constructor !== Agent) return made;
  const { ca, cert, key, pfx, servername, rejectUnauthorized } = made.options;
  const id = [ca, cert, key, pfx, servername, rejectUnauthorized].map(String).join('\n');
  const known = agents.get(id);
  if (known) return known;
  const agent = new Agent({ ...made.options, keepAlive: true });
  // Rotated client certificates leave agents behind; only the newest one is in use.
  agents.clear();
  agents.set(id, agent);
  return agent;
}

function refused(call: Call, response: IncomingMessage, body: string): ApiError {
  const status = parse(call, body, {}) as {
    reason?: string;
    message?: string;
    details?: { retryAfterSeconds?: number };
  };
  const header = Number(response.headers['retry-after']);
  const seconds = Number.isFinite(header) && header > 0 ? header : status.details?.retryAfterSeconds;
  return new ApiError(
    response.statusCode ?? 0,
    status.reason ?? response.statusMessage ?? '',
    status.message ?? `HTTP ${response.statusCode}`,
    { method: call.method ?? 'GET', path: call.path },
    seconds === undefined ? undefined : seconds * 1_000,
  );
}

function noAnswer(call: Call, error: unknown, timedOut: boolean): unknown {
  if (error instanceof ApiError || call.signal?.aborted) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const said = error instanceof Error ? error.message || code : String(error);
  const message = timedOut ? `no answer within ${(call.timeoutMs ?? CALL_MS) / 1_000} s` : said;
  return new ApiError(0, code, message, { method: call.method ?? 'GET', path: call.path });
}

function parse(call: Call, body: string, otherwise?: unknown): unknown {
  try {
    return JSON.parse(body);
  } catch {
    if (otherwise !== undefined) return otherwise;
    throw new ApiError(0, 'NotJson', 'the answer is not JSON; is this a Kubernetes API server?', {
      method: call.method ?? 'GET',
      path: call.path,
    });
  }
}
