import type { Person, Rota } from '../../systems/peopleSchema.js';
import type { Fetch } from '../http/request.js';
import type { SecretResolver } from '../secrets/resolver.js';
import type { SlackClientFor } from '../slack/client.js';
import { slackFailure } from '../slack/errors.js';
import { askPagerDuty } from './pagerduty.js';
import { SOURCE_MS, within } from './within.js';

/** A rota that another service keeps. */
export type OutsideRota = Extract<Rota, { source: string }>;

/** Somebody as the other service knows them. */
export interface Outsider {
  id: string;
  email?: string;
  shown: string;
}

export interface SourceOptions {
  secrets: SecretResolver;
  fetch: Fetch;
  slackClientFor: SlackClientFor;
  /** `BELAY_SLACK_API_URL` is used where a rota names no `apiUrl`. */
  env: Record<string, string | undefined>;
}

/** What the other service is called, and what of it the rota is. */
export const sourceText = (rota: OutsideRota): string =>
  rota.source === 'pagerduty' ? `PagerDuty schedule ${rota.schedule}` : `Slack user group ${rota.userGroup}`;

/**
 * Whom the other service names, as people of the system, at `at` (ms; Slack knows only the present). Read-only. Never throws: what went wrong, and whoever is nobody
 * of the system, comes as sentences.
 */
export async function askSource(
  options: SourceOptions,
  rota: OutsideRota,
  people: Record<string, Person>,
  at: number,
): Promise<{ people: string[]; problems: string[] }> {
  let outsiders: Outsider[];
  try {
    outsiders = await within(SOURCE_MS, ask(options, rota, at));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown failure';
    return { people: [], problems: [`${sourceText(rota)} could not be asked: ${why}`] };
  }
  if (outsiders.length === 0) return { people: [], problems: [`${sourceText(rota)} has nobody on call`] };
  const found = outsiders.map((outsider) => ({ outsider, person: personOf(rota, people, outsider) }));
  const strangers = found.filter(({ person }) => person === undefined);
  return {
    people: found.flatMap(({ person }) => person ?? []),
    problems: strangers.map(({ outsider }) => strangerText(rota, outsider)),
  };
}

function strangerText(rota: OutsideRota, { id, shown }: Outsider): string {
  const who = shown === id ? id : `${shown} (${id})`;
  return `${sourceText(rota)} names ${who}, who is none of \`people\`; add \`${rota.source}: ${id}\` to whoever it is`;
}

async function ask({ secrets, fetch, slackClientFor, env }: SourceOptions, rota: OutsideRota, at: number) {
  const token = await secrets.resolve(rota.token);
  if (rota.source === 'pagerduty') return askPagerDuty(fetch, rota, token, at);
  try {
    const client = slackClientFor(token, rota.apiUrl ?? env['BELAY_SLACK_API_URL']);
    const { users = [] } = await client.usergroups.users.list({ usergroup: rota.userGroup });
    return users.map((id): Outsider => ({ id, shown: id }));
  } catch (error) {
    throw slackFailure(error, `Slack user group ${rota.userGroup}`);
  }
}

function personOf(rota: OutsideRota, people: Record<string, Person>, { id, email }: Outsider): string | undefined {
  const entries = Object.entries(people);
  const byId = entries.find(([, person]) => person[rota.source] === id);
  const mail = email?.toLowerCase();
  return (byId ?? entries.find(([, person]) => mail !== undefined && person.email?.toLowerCase() === mail))?.[0];
}
