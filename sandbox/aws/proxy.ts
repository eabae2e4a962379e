import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actionOf, type Forward } from './actions.js';
import { controlSchema, takeFault } from './control.js';
import { Region, type Seen } from './region.js';
import { checkParameters, type Parameters } from './rules.js';
import { seed } from './seed.js';
import { checkSignature, type Credentials } from './signature.js';
import { Refusal, textOf } from './xml.js';

const MAX_BODY = 1024 * 1024;
const MOTO_MS = 60_000;
const HIDDEN = /password/i;

export interface AwsDouble {
  /** Base URL for `endpoint` of the SDK's clients. Port 0 takes a free one. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Refusal(413, 'RequestEntityTooLarge', 'request body is larger than 1 MB');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An action of a service to moto, which reads region and service from the header and checks no signature. */
export function forwardTo(moto: string, region: string, service: string): Forward {
  return async (parameters) => {
    const response = await fetch(moto, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=sandbox/20200101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
      },
      body: new URLSearchParams(parameters).toString(),
      signal: AbortSignal.timeout(MOTO_MS),
    });
    const text = await response.text();
    if (response.ok) return text;
    throw new Refusal(
      response.status,
      textOf(text, 'Code') ?? 'InternalFailure',
      textOf(text, 'Message') ?? `moto answered ${response.status}`,
    );
  };
}

/**
 * Amazon's control plane as far as moto does not play it: signatures and required parameters are checked, instances and snapshots go
 * through their statuses in configurable times, faults come on demand. State is kept per region, so that tests do not see each other.
 * Listens on 127.0.0.1. Control: `PUT /_sandbox/control?region=R` (see `control.ts`), `GET /_sandbox/requests?region=R`,
 * `POST /_sandbox/seed?region=R` (a subnet group, a parameter group …; gives their names).
 */
export function createAwsDouble(options: { moto: string; credentials: Credentials }): AwsDouble {
  const regions = new Map<string, Region>();
  const regionOf = (name: string): Region => {
    const region = regions.get(name) ?? new Region();
    regions.set(name, region);
    return region;
  };

  async function rds(name: string, parameters: Parameters, response: ServerResponse): Promise<void> {
    const region = regionOf(name);
    const action = parameters['Action'] ?? '';
    const seen: Seen = { at: new Date().toISOString(), action, parameters: masked(parameters), status: 0 };
    region.log.push(seen);
    const fault = takeFault(region.control, action);
    if (fault?.with === 'hang') return;
    try {
      if (fault?.with === 'refuse') throw new Refusal(fault.status, fault.code, fault.message);
      checkParameters(action, parameters);
      const forward = forwardTo(options.moto, name, 'rds');
      const xml = await region.inTurn(() => actionOf(action)(region, parameters, forward));
      if (fault?.with === 'lost') return void response.socket?.destroy();
      seen.status = 200;
      response.writeHead(200, { 'content-type': 'text/xml' }).end(xml);
    } catch (error) {
      const refusal = toRefusal(error);
      [seen.status, seen.code] = [refusal.status, refusal.code];
      refuse(refusal, response);
    }
  }

  async function control(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const name = url.searchParams.get('region') ?? 'us-east-1';
    const region = regionOf(name);
    const body = await bodyOf(request);
    const send = (status: number, answer: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    };
    if (url.pathname === '/_sandbox/health') return send(200, { ok: true });
    if (url.pathname === '/_sandbox/requests') return send(200, region.log);
    if (url.pathname === '/_sandbox/seed' && request.method === 'POST') {
      return send(200, await seed((service) => forwardTo(options.moto, name, service)));
    }
    if (url.pathname === '/_sandbox/control' && request.method === 'PUT') {
      const parsed = controlSchema.safeParse(JSON.parse(body));
      if (!parsed.success) return send(400, { error: parsed.error.message });
      region.control = parsed.data;
      return send(200, { ok: true });
    }
    send(404, { error: 'no such control' });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://aws');
    if (url.pathname.startsWith('/_sandbox/')) return control(request, url, response);
    const body = await bodyOf(request);
    const { method = '', headers } = request;
    const { region, service } = checkSignature({ method, url: request.url ?? '/', headers, body }, options.credentials);
    if (service === 'rds') return rds(region, Object.fromEntries(new URLSearchParams(body)), response);
    await passOn(options.moto, request, body, response);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => refuse(toRefusal(error), response));
  });
  return {
    async listen(port = 0) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, '127.0.0.1', resolve);
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Another service than RDS: moto's own answer. */
async function passOn(moto: string, request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  const method = request.method ?? 'POST';
  const answer = await fetch(new URL(request.url ?? '/', moto), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, [value ?? ''].flat().join(',')]),
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
    signal: AbortSignal.timeout(MOTO_MS),
  });
  const type = answer.headers.get('content-type') ?? 'text/xml';
  response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
}

function masked(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, HIDDEN.test(name) ? '***' : value]),
  );
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(500, 'InternalFailure', error instanceof Error ? error.message : String(error));
}

function refuse(refusal: Refusal, response: ServerResponse): void {
  if (response.headersSent) return void response.end();
  response.writeHead(refusal.status, { 'content-type': 'text/xml' }).end(refusal.toXml());
}
