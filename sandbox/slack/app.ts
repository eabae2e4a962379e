import type { z } from 'zod';
import { contentProblem } from './content.js';
import { deliver, type Delivered, type DeliveryOptions } from './delivery.js';
import {
  commandForm,
  commandSchema,
  pressPayload,
  pressSchema,
  type Press,
  type SlashCommand,
} from './interactions.js';
import type { Responses } from './responses.js';
import { memberOf, type Workspace } from './workspace.js';

/** Where the app is told of what people do. */
export interface RequestUrls {
  interactions?: string;
  commands?: string;
}

type Sending = Pick<z.output<typeof pressSchema>, 'retries' | 'pauseMs' | 'signedAt' | 'headers'>;

const sendingOf = ({ retries, pauseMs, signedAt, headers }: Sending): Partial<DeliveryOptions> => ({
  ...(retries === undefined ? {} : { retries }),
  ...(pauseMs === undefined ? {} : { pauseMs }),
  ...(signedAt === undefined ? {} : { signedAt }),
  ...(headers === undefined ? {} : { headers }),
});

/** People who press buttons and type commands, and what the app makes of it. */
export class People {
  urls: RequestUrls = {};
  /** What Slack would have shown to the person as an error, oldest first. */
  violations: string[] = [];

  constructor(
    private readonly workspace: Workspace,
    private readonly responses: Responses,
    private readonly secret: string,
    private readonly base: () => string,
  ) {}

  /** Throws when there is no such message, button or person, or no URL is configured. */
  async press(given: Press): Promise<Delivered> {
    const press = pressSchema.parse(given);
    const { user, channel, ts } = press;
    this.known(user);
    const url = this.urlFor('interactions');
    const payload = pressPayload(this.workspace, press, this.responseUrl({ channel, user, ts }));
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return this.told(
      `press of ${press.action}`,
      await deliver({ url, secret: this.secret, body, ...sendingOf(press) }),
    );
  }

  /** Throws when there is no such person, or no URL is configured. An answer with text is shown to the person, as Slack does. */
  async command(given: SlashCommand): Promise<Delivered> {
    const command = commandSchema.parse(given);
    const { user, channel } = command;
    this.known(user);
    const url = this.urlFor('commands');
    const body = commandForm(this.workspace, command, this.responseUrl({ channel, user })).toString();
    const delivered = await deliver({ url, secret: this.secret, body, ...sendingOf(command) });
    return this.told(`command ${command.command}`, this.shown(delivered, channel, user));
  }

  private shown(delivered: Delivered, channel: string, user: string): Delivered {
    const { body, status = 0 } = delivered;
    if (body.trim() === '' || status >= 300) return delivered;
    const content = answerOf(body);
    const problem = contentProblem(content);
    if (problem) return { ...delivered, violations: [...delivered.violations, `answer refused: ${problem.error}`] };
    const { text = '', blocks } = content;
    this.workspace.ephemerals.push({ channel, user, text, ...(blocks === undefined ? {} : { blocks }) });
    return delivered;
  }

  private told(what: string, delivered: Delivered): Delivered {
    this.violations.push(...delivered.violations.map((violation) => `${what}: ${violation}`));
    return delivered;
  }

  private known(user: string): void {
    if (!memberOf(this.workspace, user)) throw new Error(`${user} is no member of the workspace`);
  }

  private urlFor(kind: keyof RequestUrls): string {
    const url = this.urls[kind];
    if (url === undefined) throw new Error(`no request URL for ${kind} is configured`);
    return url;
  }

  private responseUrl(place: Parameters<Responses['create']>[0]): string {
    return new URL(this.responses.create(place, Date.now()), this.base()).href;
  }
}

/** A command is answered with a message as JSON, or with plain text. */
function answerOf(body: string): { text?: string; blocks?: unknown } {
  try {
    return JSON.parse(body) as { text?: string; blocks?: unknown };
  } catch {
    return { text: body };
  }
}
