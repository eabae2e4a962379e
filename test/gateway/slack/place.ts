import { signButton, actionIds, BUTTON_KEY, type ButtonValue } from '../../../activities/slack/buttonValue.js';
import { createSlackDouble, type SlackDouble } from '../../../sandbox/slack/index.js';
import { signedHeaders } from '../../../sandbox/slack/signature.js';
import { Ground, secretValues, TEAM } from '../ground.js';
import { Tap } from '../tap.js';

const TOKEN = 'xoxb-for-the-tests-of-the-gateway';
export const CHANNEL = 'C0BELAYINC';
const signingSecret = secretValues['env:SLACK_SIGNING'] ?? '';
export const buttonKey = secretValues[BUTTON_KEY] ?? '';

/** What came back from the gateway. */
export interface Answer {
  status: number;
  body: string;
}

/** A gateway, and a Slack whose people press buttons and type commands. */
export class SlackPlace {
  private constructor(
    readonly ground: Ground,
    readonly slack: SlackDouble,
    readonly tap: Tap,
    readonly apiUrl: string,
  ) {}

  static async start(): Promise<SlackPlace> {
    const slack = createSlackDouble({ token: TOKEN, signingSecret });
    const apiUrl = await slack.listen();
    const tap = new Tap();
    const ground = await Ground.start(apiUrl, tap.wrap);
    slack.setUrls({ interactions: `${ground.url}/slack/interactions`, commands: `${ground.url}/slack/commands` });
    return new SlackPlace(ground, slack, tap, apiUrl);
  }

  async stop(): Promise<void> {
    await this.ground.stop();
    await this.slack.close();
  }

  /** Posts a message with one button and returns where it is. */
  async button(
    value: Omit<ButtonValue, 't'> & { t?: number },
    key = buttonKey,
  ): Promise<{ channel: string; ts: string; action: string }> {
    const action = actionIds[value.a];
    const signed = signButton({ t: Date.now() + 1_000, ...value }, key) ?? '';
    const element = { type: 'button', action_id: action, value: signed, text: { type: 'plain_text', text: value.a } };
    const answer = await fetch(`${this.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({
        channel: CHANNEL,
        text: 'An incident',
        blocks: [{ type: 'actions', elements: [element] }],
      }),
    });
    const { ok, ts, error } = (await answer.json()) as { ok: boolean; ts: string; error?: string };
    if (!ok) throw new Error(`the message was not posted: ${String(error)}`);
    return { channel: CHANNEL, ts, action };
  }

  /** What this member was told alone, oldest first. */
  toldTo(user: string): string[] {
    return this.slack.ephemerals().flatMap((one) => (one.user === user ? [one.text] : []));
  }

  /** Waits for the next thing that this member is told beyond the `before` first ones. */
  async tells(user: string, before = 0): Promise<string> {
    const end = Date.now() + 30_000;
    for (;;) {
      const told = this.toldTo(user)[before];
      if (told !== undefined) return told;
      if (Date.now() > end) throw new Error(`${user} was told nothing`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends a form as Slack would, or as a forger would. */
  async send(
    path: string,
    form: Record<string, string>,
    {
      secret = signingSecret,
      at = Date.now(),
      headers = {},
    }: { secret?: string; at?: number; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const payload = new URLSearchParams(form).toString();
    const { statusCode, body } = await this.ground.app.inject({
      method: 'POST',
      url: path,
      payload,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...signedHeaders(secret, payload, at),
        ...headers,
      },
    });
    return { status: statusCode, body };
  }
}

/** The payload of a press, as a form. */
export function pressForm(press: {
  user: string;
  action: string;
  value: string;
  team?: string;
  actionTs?: string;
  responseUrl?: string;
  more?: object;
}): { payload: string } {
  const { user, action, value, team = TEAM, actionTs = '1700000000.000100', responseUrl, more } = press;
  return {
    payload: JSON.stringify({
      type: 'block_actions',
      team: { id: team },
      user: { id: user, team_id: team },
      actions: [{ type: 'button', action_id: action, value, action_ts: actionTs }],
      ...(responseUrl === undefined ? {} : { response_url: responseUrl }),
      ...more,
    }),
  };
}
