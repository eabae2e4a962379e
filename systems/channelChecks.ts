import { isIP } from 'node:net';
import { contactsOf, targetsOf, within } from './incidentReferences.js';
import type { IncidentParts } from './incidentParts.js';
import { type Mention, mentionsIn } from './mentions.js';
import { entries, type Fields, isObject, type Named } from './part.js';
import type { Finding, Path } from './problem.js';

/** Channels that are named where they cannot serve, and mail servers that would be spoken to in the clear. Pure. */
export function channelProblems(root: Fields, oncall: IncidentParts): Finding[] {
  const own = oncall.incidents?.fields ?? {};
  const ofType = (mentions: Mention[], types: readonly string[], purpose: string) =>
    mentions.flatMap((one) => typeProblems(root, one, types, purpose));
  return [
    ...ofType(
      contactsOf(oncall).map(({ path, fields }) => named(path, fields, 'channel')),
      ['slack', 'pagerduty', 'mail', 'webhook'],
      'reaches no person',
    ),
    ...ofType(
      [{ path: ['incidents', 'channel'], name: own['channel'] }, restricted(own)],
      ['slack', 'log'],
      'cannot show an incident',
    ),
    ...ofType(
      oncall.severities.map(({ path, fields }) => customers(path, fields)),
      ['statuspage', 'mail', 'slack', 'webhook', 'log'],
      'is read by no customer',
    ),
    ...ofType(
      oncall.sources.map(({ path, fields }) => named(path, fields, 'channel')),
      ['pagerduty'],
      'sends no events',
    ),
    ...ofType(
      oncall.routes.map(({ path, fields }) => named(path, fields, 'receiver')),
      ['pagerduty', 'slack', 'mail', 'webhook'],
      'is no receiver of Alertmanager',
    ),
    ...asWhole(root, oncall).flatMap((one) => readerProblems(root, one)),
    ...entries(root['channels'], ['channels']).flatMap(mailProblems),
  ];
}

/** Mentions of channels that are told as a whole. */
function asWhole(root: Fields, oncall: IncidentParts): Mention[] {
  const notify = isObject(root['notify']) ? root['notify'] : {};
  const own = oncall.incidents?.fields ?? {};
  return [
    ...Object.entries(notify).flatMap(([kind, names]) => mentionsIn(names, ['notify', kind])),
    ...targetsOf(oncall).map(({ path, fields }) => named(path, fields, 'channel')),
    ...oncall.severities.flatMap(({ path, fields }) => [
      ...mentionsIn(fields['stakeholders'], [...path, 'stakeholders']),
      customers(path, fields),
    ]),
    named(['incidents', 'postmortem'], within(own, 'postmortem').fields, 'channel'),
  ];
}

function typeProblems(root: Fields, { path, name }: Mention, types: readonly string[], purpose: string): Finding[] {
  const type = channelOf(root, name)?.['type'];
  if (typeof type !== 'string' || types.includes(type)) return [];
  const wanted = types.length === 1 ? types[0] : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
  return [{ path, message: `is a channel of type ${type.slice(0, 40)}, which ${purpose}; name one of type ${wanted}` }];
}

function readerProblems(root: Fields, { path, name }: Mention): Finding[] {
  const channel = channelOf(root, name);
  if (channel?.['type'] !== 'mail' || (Array.isArray(channel['to']) && channel['to'].length > 0)) return [];
  return [{ path, message: `is a mail channel that nobody reads; add addresses to channels.${String(name)}.to` }];
}

function mailProblems({ path, fields }: Named): Finding[] {
  if (fields['type'] !== 'mail') return [];
  const { host, security, user, password } = fields;
  const findings: Finding[] = [];
  if (typeof host === 'string' && !isHost(host))
    findings.push({
      path: [...path, 'host'],
      message: 'must be the name or the address of a server alone; the port goes into `port`',
    });
  else if (security === 'none' && typeof host === 'string' && !isLoopback(host)) {
    const message = 'would send mails, and a password, in the clear over the network; use starttls or tls';
    findings.push({ path: [...path, 'security'], message });
  }
  if ((user === undefined) !== (password === undefined)) {
    const [missing, other] = user === undefined ? ['user', 'password'] : ['password', 'user'];
    findings.push({ path: [...path, missing], message: `is missing; \`${other}\` is of no use without it` });
  }
  return findings;
}

const isHost = (host: string): boolean =>
  isIP(host) > 0 ||
  /^[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9])?)*\.?$/.test(host);

const isLoopback = (host: string): boolean => /^(localhost|::1)\.?$|^127\.\d+\.\d+\.\d+$/i.test(host);

/** The description of a channel by its name; undefined where there is none. */
export function channelOf(root: Fields, name: unknown): Fields | undefined {
  const channels = root['channels'];
  if (typeof name !== 'string' || !isObject(channels) || !Object.hasOwn(channels, name)) return undefined;
  const channel = channels[name];
  return isObject(channel) ? channel : undefined;
}

const named = (path: Path, fields: Fields, field: string): Mention => ({ path: [...path, field], name: fields[field] });

function restricted(own: Fields): Mention {
  return named(['incidents', 'restricted'], within(own, 'restricted').fields, 'channel');
}

function customers(path: Path, fields: Fields): Mention {
  return named([...path, 'customers'], within(fields, 'customers').fields, 'channel');
}
