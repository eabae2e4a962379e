import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { responses } from '../answers.js';
import { GatewayError, unavailable } from '../errors.js';
import { createPace } from '../security/pace.js';
import { createReplayMemory, slackMemoryMs } from '../security/replayMemory.js';
import type { GatewayDeps } from '../types.js';
import { admit, formOf, type Admitted } from './admit.js';
import { createAnswers, outcomeOf, type Outcome } from './answers.js';
import { runCommand } from './command.js';
import { parseCommandForm, parseInteraction } from './form.js';
import { press } from './press.js';
import { ephemeral } from './respond.js';
import { within } from '../within.js';

/** Slack gives up after three seconds; what takes longer than this is answered to `response_url`. */
const patienceMs = 2_000;
/** What is left of the three seconds for telling somebody that nothing was done. */
const apologyMs = 700;
const maxBytes = 256 * 1_024;
/** Of one person. */
const perMinute = 120;

/** What there is to do for a request: a text for the person, or nothing to say. */
interface Job {
  work: () => Promise<string | undefined>;
  responseUrl: string | undefined;
  /** Who sends it, for how much they may send. */
  sender: string;
}

/** How the person learns what became of it in time. */
type Answering = (reply: FastifyReply, job: Job, outcome: Outcome | 'late') => FastifyReply | Promise<FastifyReply>;

const schemaOf = (summary: string) => ({
  tags: ['slack'],
  summary,
  description: 'A form, signed in X-Slack-Signature. Who may do what is in docs/gateway-security.md.',
  response: responses({ 200: z.unknown() }, [400, 403, 408, 413, 415, 429, 503]),
});

export interface SlackOptions {
  /** Another address of Slack's API, whose host may be answered to as well; `BELAY_SLACK_API_URL` when left out. */
  apiUrl?: string;
  /** How long a request waits for its result (ms). */
  patienceMs?: number;
}

function apiUrlsOf(deps: GatewayDeps, apiUrl: string | undefined): string[] {
  const channels = [...deps.systems.values()].flatMap(({ channels: all }) => Object.values(all));
  const own = channels.flatMap((channel) => (channel.type === 'slack' ? (channel.apiUrl ?? []) : []));
  return [...own, ...(apiUrl === undefined ? [] : [apiUrl])];
}

/**
 * Buttons and the slash command of Slack: `POST /slack/interactions`, `POST /slack/commands`. Answers within three seconds whatever happens; later
 * results, and all results of buttons, go to `response_url`. A request that Slack sends again is done once.
 */
export function registerSlack(app: FastifyInstance, deps: GatewayDeps, options: SlackOptions = {}): void {
  const answers = createAnswers(apiUrlsOf(deps, options.apiUrl ?? process.env['BELAY_SLACK_API_URL']), deps.log);
  const pace = createPace(app, perMinute);
  const memory = createReplayMemory<string | undefined>({ ttlMs: slackMemoryMs });

  async function take(
    request: FastifyRequest,
    reply: FastifyReply,
    parse: (admitted: Admitted) => Job,
    answer: Answering,
  ): Promise<FastifyReply> {
    // Slack checks the certificate of the address without signing: that is answered, and nothing else of it looked at.
    if (formOf(request).get('ssl_check') === '1') return reply.code(200).send();
    const admitted = admit(request, deps);
    const job = parse(admitted);
    await pace(request, `${admitted.sources[0]?.name ?? ''}/${job.sender}`);
    const key = createHash('sha256').update(admitted.signature).digest('hex');
    const outcome = outcomeOf(memory.once(key, job.work), deps.log);
    const result = await within(outcome, options.patienceMs ?? patienceMs);
    if (result === 'late') {
      const late = async ({ state, text }: Outcome) =>
        state === 'repeat' || text === undefined || answers.tell(job.responseUrl, text);
      answers.beside(outcome.then(late));
      return answer(reply, job, 'late');
    }
    if (result.value.state === 'repeat' && !admitted.isRetry)
      throw new GatewayError(403, 'FORBIDDEN', 'This request was taken before.', 'replay');
    return answer(reply, job, result.value);
  }

  /** The answer is the body. Also when nothing was done: for a 503 Slack would show a code, and drop what was typed. */
  const answerCommand: Answering = (reply, _job, outcome) =>
    reply.code(200).send(ephemeral(outcome === 'late' ? 'At work on it; the answer follows.' : (outcome.text ?? '')));

  const answerPress: Answering = async (reply, { responseUrl }, outcome) => {
    if (outcome === 'late' || outcome.text === undefined || outcome.state === 'repeat') return reply.code(200).send();
    if (outcome.state !== 'away') {
      answers.beside(answers.tell(responseUrl, outcome.text));
      return reply.code(200).send();
    }
    // Slack does not send a press again. The person is told, or else sees the warning sign that Slack shows for a 503.
    const told = await within(answers.tell(responseUrl, outcome.text, 1), apologyMs);
    if (told !== 'late' && told.value) return reply.code(200).send();
    throw unavailable('Temporal is away; nothing was done.');
  };

  const limits = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    request.maxBodyBytes = maxBytes;
    done();
  };

  app.post('/slack/interactions', { schema: schemaOf('Buttons in Slack'), onRequest: limits }, (request, reply) => {
    const parse = (admitted: Admitted): Job => {
      const pressed = parseInteraction(admitted.form);
      const work = () => (pressed ? press(deps, admitted, pressed) : Promise.resolve(undefined));
      return { work, responseUrl: pressed?.responseUrl, sender: pressed?.user ?? 'unknown' };
    };
    return take(request, reply, parse, answerPress);
  });

  app.post(
    '/slack/commands',
    { schema: schemaOf('The slash command of Slack'), onRequest: limits },
    (request, reply) => {
      const parse = (admitted: Admitted): Job => {
        const typed = parseCommandForm(admitted.form);
        return { work: () => runCommand(deps, admitted, typed), responseUrl: typed.responseUrl, sender: typed.user };
      };
      return take(request, reply, parse, answerCommand);
    },
  );

  app.addHook('onClose', () => answers.drain());
}
