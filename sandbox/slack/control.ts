import { z } from 'zod';
import type { People } from './app.js';
import type { Failure } from './failures.js';
import { failureSchema } from './failures.js';
import type { Limits } from './limits.js';
import type { Workspace } from './workspace.js';

/** What the double is made of, for whoever steers it. */
export interface Controlled {
  workspace: Workspace;
  people: People;
  limits: Limits;
  failures: Failure[];
}

const urlsSchema = z.strictObject({ interactions: z.url().optional(), commands: z.url().optional() });
const messageSchema = z.strictObject({ channel: z.string(), ts: z.string() });
const groupSchema = z.strictObject({ id: z.string(), users: z.array(z.string()) });

/** Somebody deletes a message. False when there is none. */
export function removeMessage({ messages }: Workspace, channel: string, ts: string): boolean {
  const index = messages.findIndex((message) => message.channel === channel && message.ts === ts);
  if (index >= 0) messages.splice(index, 1);
  return index >= 0;
}

function setUrls(people: People, given: unknown): void {
  const { interactions, commands } = urlsSchema.parse(given);
  people.urls = { ...(interactions && { interactions }), ...(commands && { commands }) };
}

function reset({ workspace, people, limits, failures }: Controlled): void {
  workspace.messages.length = 0;
  workspace.ephemerals.length = 0;
  failures.length = 0;
  people.violations = [];
  limits.clear();
}

const done = { ok: true };

/** `POST /_sandbox/<verb>`; `undefined` when there is no such verb. Throws what is wrong with the body. */
export async function control(double: Controlled, verb: string, body: unknown): Promise<unknown> {
  const { workspace, people, failures } = double;
  switch (verb) {
    case 'fail':
      failures.push(failureSchema.parse(body));
      return done;
    case 'reset':
      reset(double);
      return done;
    case 'urls':
      setUrls(people, body);
      return done;
    case 'press':
      return people.press(body as Parameters<People['press']>[0]);
    case 'command':
      return people.command(body as Parameters<People['command']>[0]);
    case 'delete': {
      const { channel, ts } = messageSchema.parse(body);
      return { ok: removeMessage(workspace, channel, ts) };
    }
    case 'usergroup': {
      const { id, users } = groupSchema.parse(body);
      workspace.userGroups[id] = users;
      return done;
    }
    default:
      return undefined;
  }
}

/** `GET /_sandbox/<what>`; `undefined` when there is no such thing. */
export function look({ workspace, people }: Controlled, what: string): unknown {
  switch (what) {
    case 'messages':
      return workspace.messages;
    case 'ephemerals':
      return workspace.ephemerals;
    case 'violations':
      return people.violations;
    default:
      return undefined;
  }
}
