import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { handle, listen, sendJson } from '../host/http.js';
import type { SandboxState } from '../kit/types.js';
import { failureSchema } from './failures.js';
import { createMailSink } from './index.js';

const MAX_BODY = 64 * 1024;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('request body is larger than 64 KB');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Serves a sink that asks for a login, and HTTP to look into it: `GET /_sandbox/messages`, `POST /_sandbox/fail`, `/_sandbox/reset`. */
export async function serveMail(ports: {
  port: number;
  controlPort: number;
}): Promise<NonNullable<SandboxState['mail']>> {
  const login = { user: 'belay', password: randomBytes(18).toString('base64url') };
  const sink = createMailSink(login);
  const port = await sink.listen(ports.port);
  const control = createServer(
    handle(async (request, response) => {
      const what = `${request.method} ${request.url}`;
      const body = await bodyOf(request);
      if (what === 'GET /_sandbox/messages') return sendJson(response, 200, sink.messages());
      if (what === 'POST /_sandbox/fail') {
        const parsed = failureSchema.safeParse(JSON.parse(body));
        if (!parsed.success) return sendJson(response, 400, { error: parsed.error.message });
        sink.fail(parsed.data);
      } else if (what === 'POST /_sandbox/reset') sink.reset();
      else return sendJson(response, 404, { error: `${what} is no control of the mail server` });
      return sendJson(response, 200, { ok: true });
    }),
  );
  await listen(control, ports.controlPort);
  return { host: '127.0.0.1', port, ...login, url: `http://127.0.0.1:${ports.controlPort}` };
}
