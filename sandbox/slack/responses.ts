import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { contentProblem } from './content.js';
import { nextTs, type Workspace } from './workspace.js';

/** Who a `response_url` was made for, and which message it belongs to. */
export interface ResponsePlace {
  channel: string;
  user: string;
  /** Of the message with the button; a slash command has none. */
  ts?: string;
}

const VALID_MS = 30 * 60_000;
const USES = 5;

const answerSchema = z.strictObject({
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  text: z.string().optional(),
  blocks: z.unknown().optional(),
});

/** The addresses that Slack hands out with interactions, good for five answers within half an hour. */
export class Responses {
  private readonly open = new Map<string, ResponsePlace & { since: number; used: number }>();

  constructor(private readonly workspace: Workspace) {}

  /** Path of a new address. */
  create(place: ResponsePlace, now: number): string {
    const id = randomBytes(12).toString('hex');
    this.open.set(id, { ...place, since: now, used: 0 });
    return `/response/${id}`;
  }

  /** Takes an answer: its status and text, as Slack gives them. */
  take(id: string, contentType: string, body: string, now: number): { status: number; text: string } {
    const place = this.open.get(id);
    if (!place || now - place.since > VALID_MS) return { status: 404, text: 'expired_url' };
    if (place.used >= USES) return { status: 404, text: 'used_url' };
    if (!contentType.startsWith('application/json')) return { status: 400, text: 'invalid_content_type' };
    const parsed = answerSchema.safeParse(jsonOf(body));
    if (!parsed.success) return { status: 400, text: 'invalid_payload' };
    const { response_type: type, replace_original: replace, delete_original: remove, ...content } = parsed.data;
    const problem = remove ? undefined : contentProblem(content);
    if (problem) return { status: 400, text: String(problem.error) };
    place.used++;
    this.apply(place, content, { inChannel: type === 'in_channel', replace, remove });
    return { status: 200, text: 'ok' };
  }

  private apply(
    { channel, user, ts }: ResponsePlace,
    { text = '', blocks }: { text?: string | undefined; blocks?: unknown },
    how: { inChannel: boolean; replace: boolean | undefined; remove: boolean | undefined },
  ): void {
    const { messages, ephemerals } = this.workspace;
    const original = messages.findIndex((message) => message.channel === channel && message.ts === ts);
    const content = { text, ...(blocks === undefined ? {} : { blocks }) };
    if (how.remove) {
      if (original >= 0) messages.splice(original, 1);
    } else if (how.replace && messages[original]) Object.assign(messages[original], content, { edited: true });
    else if (how.inChannel) messages.push({ channel, ts: nextTs(this.workspace), ...content });
    else ephemerals.push({ channel, user, ...content });
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
