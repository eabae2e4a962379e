import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { defaultLimits } from '../../client/gateway/config.js';
import { bodiesFor, oddHeaders, oddPaths } from './fuzzing.js';
import { serving, tokens, webhook } from './place.js';

// The gateway's own description drives it: whatever is sent, it answers as described, and never breaks.

const limits = { ...defaultLimits, alertmanagerPer10s: 1_000_000, botPerMinute: 1_000_000 };
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const RUNS = 250;

interface Operation {
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Answer {
  status: number;
  type: string;
  text: string;
}

/** Not `fetch`: it would refuse to send what is to be tried here. */
function send(
  port: number,
  agent: Agent,
  { method, path, headers, body }: { method: string; path: string; headers: Record<string, string>; body: Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(body.length) };
    const sent = request(
      { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...length } },
      (got) => {
        const chunks: Buffer[] = [];
        got.on('data', (chunk: Buffer) => chunks.push(chunk));
        got.on('error', reject);
        got.on('end', () => {
          const { statusCode = 0, headers: had } = got;
          resolve({ status: statusCode, type: had['content-type'] ?? '', text: Buffer.concat(chunks).toString() });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Headers that prove the sender, for each path. */
function proof(path: string, body: Buffer, now: number): Record<string, string> {
  const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).update(body).digest('hex');
  if (path.startsWith('/alertmanager')) return { authorization: `Bearer ${tokens.am}` };
  if (path.startsWith('/bots')) return { authorization: `Bearer ${tokens.bot}` };
  if (path.startsWith('/pagerduty'))
    return {
      'x-pagerduty-signature': `v1=${hmac('secret-of-pagerduty', '')}`,
      'x-webhook-id': body.toString('hex', 0, 20),
    };
  if (!path.startsWith('/slack')) return {};
  const seconds = String(now / 1_000);
  const signature = `v0=${hmac('secret-of-slack', `v0:${seconds}:`)}`;
  return { 'x-slack-request-timestamp': seconds, 'x-slack-signature': signature };
}

/** Whether a path, with whatever stands behind it, is one that this description means. */
const isAt = (template: string, path: string): boolean =>
  new RegExp(`^${template.replace('{source}', '[^/?#]+')}([?#].*)?$`).test(path);

/** Bodies that are certain to be taken: with them each path is gone to its end. */
const taken: Record<string, object[]> = {
  '/alertmanager/am': [webhook()],
  '/bots/bot': [{ type: 'open', requestId: 'r', title: 'x', reason: 'x' }, { type: 'query' }],
};
const examplesFor = (path: string): [Buffer, Record<string, string>, string][] =>
  (taken[path] ?? []).map((body) => [Buffer.from(JSON.stringify(body)), {}, 'proved']);

const names: Record<string, string> = { alertmanager: 'am', bots: 'bot', pagerduty: 'pd' };

// Without keep-alive: a gateway that stops waits for nobody.
const agent = new Agent({ maxSockets: 4 });

test('whatever is sent is answered as described, and never with a stack or a 5xx but 503', async () => {
  await serving(
    async ({ url, port, deps }) => {
      const described = (await (await fetch(`${url}/openapi.json`)).json()) as {
        paths: Record<string, Record<string, Operation>>;
      };
      const now = deps.clock();
      const seen = new Map<string, Set<number>>();

      const check = (where: string, operation: Operation | undefined, { status, type, text }: Answer) => {
        seen.set(where, (seen.get(where) ?? new Set()).add(status));
        expect(text).not.toMatch(/node_modules|\.[jt]s:\d+|\n {4}at /);
        expect(status >= 500 && status !== 503 ? `${where}: ${status} ${text}` : '').toBe('');
        const documented = operation ? Object.keys(operation.responses) : ['200', '404', '400', '431'];
        expect(documented).toContain(String(status));
        const schema = operation?.responses[String(status)]?.content?.['application/json']?.schema;
        if (!schema || !type.startsWith('application/json')) return;
        expect(ajv.validate(schema, JSON.parse(text)) || ajv.errorsText()).toBe(true);
      };

      const operations = Object.entries(described.paths).flatMap(([template, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ template, method: method.toUpperCase(), operation })),
      );
      expect(operations.map(({ template }) => template)).toEqual(
        expect.arrayContaining(['/alertmanager/{source}', '/bots/{source}', '/pagerduty/{source}', '/slack/commands']),
      );
      for (const { template, method, operation } of operations) {
        const path = template.replace('{source}', names[template.split('/')[1] ?? ''] ?? 'x');
        const [type = 'application/json', content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
        const bodies = method === 'GET' ? fc.constant(Buffer.alloc(0)) : bodiesFor(content?.schema);
        const sender = fc.constantFrom(...['proved', 'proved', 'proved', 'proved', 'stranger']);
        await fc.assert(
          fc.asyncProperty(
            bodies,
            fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, oddHeaders),
            sender,
            async (body, odd, who) => {
              const proved = who === 'proved' ? proof(path, body, now) : {};
              const answer = await send(port, agent, {
                ...{ method, path, body },
                headers: { 'content-type': type, ...odd, ...proved },
              });
              check(`${method} ${template}`, operation, answer);
            },
          ),
          { numRuns: method === 'GET' ? 10 : RUNS, examples: examplesFor(path) },
        );
      }

      await fc.assert(
        fc.asyncProperty(
          oddPaths,
          fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
          async (path, method) => {
            const answer = await send(port, agent, { method, path, headers: {}, body: Buffer.from('{}') });
            const known = operations.find((one) => isAt(one.template, path) && one.method === method);
            check('elsewhere', known?.operation, answer);
          },
        ),
        { numRuns: RUNS },
      );

      // It got past the gate: bodies were taken as well as refused.
      for (const [where, status] of [
        ['POST /alertmanager/{source}', 202],
        ['POST /alertmanager/{source}', 400],
        ['POST /bots/{source}', 200],
        ['POST /bots/{source}', 202],
        ['POST /bots/{source}', 400],
        ['POST /pagerduty/{source}', 403],
      ] as const)
        expect([where, [...(seen.get(where) ?? [])]]).toEqual([where, expect.arrayContaining([status])]);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    },
    { limits },
  );
});
