import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { People, type RequestUrls } from './app.js';
import { control, look, removeMessage, type Controlled } from './control.js';
import type { Delivered } from './delivery.js';
import { failureSchema, takeFailure, type Failure } from './failures.js';
import type { Press, SlashCommand } from './interactions.js';
import { Limits, type SlackLimit } from './limits.js';
import { ALL_SCOPES, callMethod, isMethod } from './methods.js';
import { argumentsOf, bodyOf } from './request.js';
import { Responses } from './responses.js';
import {
  refusal,
  type Arguments,
  type SlackChannel,
  type SlackEphemeral,
  type SlackMember,
  type SlackMessage,
  type Workspace,
} from './workspace.js';

export type { Delivered } from './delivery.js';
export type { SlackChannel, SlackEphemeral, SlackMember, SlackMessage } from './workspace.js';

export interface SlackDouble {
  /** Base URL for `slackApiUrl`, e.g. `http://127.0.0.1:41234/api/`. Port 0 takes a free one. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
  /** What was posted, oldest first. */
  messages(): SlackMessage[];
  /** What only one person saw, oldest first. */
  ephemerals(): SlackEphemeral[];
  /** Makes calls to come fail; see `failures.ts`. The same through `POST /_sandbox/fail`. */
  fail(failure: Partial<Failure> & { with: string }): void;
  /** Somebody deletes a message. */
  remove(channel: string, ts: string): boolean;
  setUserGroup(id: string, users: string[]): void;
  /** Where presses and commands are sent. */
  setUrls(urls: RequestUrls): void;
  /** A person presses a button; the same through `POST /_sandbox/press`. */
  press(press: Press): Promise<Delivered>;
  /** A person types a slash command; the same through `POST /_sandbox/command`. */
  command(command: SlashCommand): Promise<Delivered>;
  /** Answers of the app that Slack would not have taken. */
  violations(): string[];
}

export interface SlackDoubleOptions {
  token: string;
  /** Signs presses and commands; a random one by default. */
  signingSecret?: string;
  /** `ops` (C0BELAYOPS), `incidents` (C0BELAYINC) and the private `security` (G0BELAYSEC) by default. */
  channels?: SlackChannel[];
  /** Every well-formed member id is somebody when left out. */
  members?: SlackMember[];
  /** Members by the id of their user group. */
  userGroups?: Record<string, string[]>;
  /** Of the token; all that Belay's app asks for by default. */
  scopes?: string[];
  /** None by default. */
  limits?: SlackLimit[];
}

const DEFAULT_CHANNELS: SlackChannel[] = [
  { id: 'C0BELAYOPS', name: 'ops', member: true },
  { id: 'C0BELAYINC', name: 'incidents', member: true },
  { id: 'G0BELAYSEC', name: 'security', member: true, private: true },
];

function send(res: ServerResponse, status: number, answer: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(answer));
}

/**
 * A strict double of Slack (there is no server of Slack's to be had): it checks tokens, scopes, required fields, channels,
 * membership and block limits as the Web API does, refuses with HTTP 200 and `ok: false`, and keeps what was posted. People of it press
 * buttons and type commands, signed as Slack signs; it serves their `response_url`s. Listens on 127.0.0.1.
 * Control: `GET /_sandbox/{messages,ephemerals,violations}`, `POST /_sandbox/{fail,reset,urls,press,command,delete,usergroup}`.
 */
export function createSlackDouble(options: SlackDoubleOptions): SlackDouble {
  const workspace: Workspace = {
    channels: structuredClone(options.channels ?? DEFAULT_CHANNELS),
    members: options.members,
    userGroups: { ...options.userGroups },
    messages: [],
    ephemerals: [],
    scopes: options.scopes ?? ALL_SCOPES,
  };
  const responses = new Responses(workspace);
  const secret = options.signingSecret ?? randomBytes(16).toString('hex');
  let base = '';
  const people = new People(workspace, responses, secret, () => base);
  const limits = new Limits(options.limits ?? []);
  const double: Controlled = { workspace, people, limits, failures: [] };

  function api(method: string, token: string, given: Arguments, res: ServerResponse): void {
    const failure = takeFailure(double.failures, method, given['channel']);
    if (failure?.with === 'hang') return;
    if (failure?.with === 'serverError') return void res.writeHead(503).end('upstream unavailable');
    const limited =
      failure?.with === 'rateLimited' ? failure.retryAfterSeconds : limits.take(method, given['channel'], Date.now());
    if (limited !== undefined) return send(res, 429, refusal('ratelimited'), { 'retry-after': String(limited) });
    if (!isMethod(method)) return send(res, 200, refusal('unknown_method', { req_method: method }));
    if (token === '') return send(res, 200, refusal('not_authed'));
    if (token !== options.token) return send(res, 200, refusal('invalid_auth'));
    if (failure && failure.with !== 'lost' && failure.with !== 'delay') return send(res, 200, refusal(failure.with));
    const answer = callMethod(method, workspace, given);
    if (failure?.with === 'lost') return void res.socket?.destroy();
    if (failure) return void setTimeout(() => send(res, 200, answer), failure.delayMs).unref();
    send(res, 200, answer);
  }

  async function sandboxed(method: string | undefined, verb: string, body: string): Promise<unknown> {
    return method === 'POST' ? control(double, verb, JSON.parse(body || '{}')) : look(double, verb);
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://slack');
    const body = await bodyOf(req);
    const type = req.headers['content-type'] ?? '';
    const [, area, rest = ''] = /^\/(_sandbox|response|api)\/([\w.]+)$/.exec(pathname) ?? [];
    if (area === '_sandbox') {
      const answer = await sandboxed(req.method, rest, body);
      return answer === undefined ? send(res, 404, refusal('not_found')) : send(res, 200, answer);
    }
    if (area === 'response' && req.method === 'POST') {
      const { status, text } = responses.take(rest, type, body, Date.now());
      return void res.writeHead(status, { 'content-type': 'text/html' }).end(text);
    }
    if (area !== 'api') return send(res, 404, refusal('not_found'));
    const given = argumentsOf(type, body);
    const bearer = /^Bearer (.*)$/.exec(req.headers.authorization ?? '')?.[1];
    const inBody = given['token'];
    api(rest, bearer ?? (typeof inBody === 'string' ? inBody : ''), given, res);
  }

  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      send(res, 400, refusal('invalid_request', { detail }));
    });
  });

  return {
    async listen(port = 0) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, '127.0.0.1', resolve);
      });
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
      return base;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    messages: () => structuredClone(workspace.messages),
    ephemerals: () => structuredClone(workspace.ephemerals),
    fail: (failure) => void double.failures.push(failureSchema.parse(failure)),
    remove: (channel, ts) => removeMessage(workspace, channel, ts),
    setUserGroup: (id, users) => void (workspace.userGroups[id] = users),
    setUrls: (urls) => void (people.urls = urls),
    press: (press) => people.press(press),
    command: (command) => people.command(command),
    violations: () => [...people.violations],
  };
}
