import type { Action, Actor, IncidentView } from '../../../workflows/incident/types.js';
import type { IncidentSystem } from '../../incidents/port.js';
import { actIfPermitted, maySeeView } from '../security/permitted.js';
import type { GatewayDeps } from '../types.js';
import type { Admitted } from './admit.js';
import { helpText, parseCommand, type Command } from './commandText.js';
import type { TypedCommand } from './form.js';
import { lookUp, visibleIncidents } from './lookUp.js';
import { oncallText } from './oncall.js';
import { line } from './respond.js';
import { howToLink, membershipsOf, systemsFor, type Membership } from './users.js';
import { answerText, listText, shortId, showText } from './words.js';

type ActionCommand = Extract<Command, { name: 'acknowledge' | 'escalate' | 'resolve' | 'note' | 'snooze' }>;

const maxTitle = 200;

function actionOf(command: ActionCommand, actor: Actor, now: number) {
  return (view: IncidentView | undefined): Action | undefined => {
    const reason = 'reason' in command && command.reason !== undefined ? { reason: command.reason } : {};
    switch (command.name) {
      case 'note':
        return { type: 'note', actor, text: command.text };
      case 'snooze':
        return { type: 'snooze', actor, until: now + command.ms, ...reason };
      case 'escalate':
        return view && { type: 'escalate', actor, expectedLevel: view.level, ...reason };
      default:
        return { type: command.name, actor, ...reason };
    }
  };
}

async function incidentsText(deps: GatewayDeps, memberships: readonly Membership[]): Promise<string> {
  const lists = await Promise.all(memberships.map((membership) => visibleIncidents(deps.incidents, membership)));
  return lists
    .map(({ views, unread }, index) => {
      const name = memberships[index]?.system.title ?? '';
      return memberships.length > 1 ? `*${line(name)}*\n${listText(views, unread)}` : listText(views, unread);
    })
    .join('\n');
}

const isSeverity = ({ incidents }: IncidentSystem, word: string | undefined): string | undefined =>
  incidents.severities.find(({ id }) => id.toLowerCase() === word?.toLowerCase())?.id;

/** Opens an incident: `[SYSTEM] SEVERITY title`; the system may be left out by somebody who is in one only. */
async function open(
  deps: GatewayDeps,
  memberships: readonly Membership[],
  words: readonly string[],
  requestId: string,
): Promise<string> {
  const named = memberships.find(({ system }) => system.name === words[0]);
  const membership = named ?? (memberships.length === 1 ? memberships[0] : undefined);
  const names = memberships.map(({ system }) => line(system.name)).join(', ');
  if (!membership) return `Not done: say of which system: \`open SYSTEM SEVERITY title\`, one of ${names}.`;
  const { system, actor } = membership;
  const [word, ...title] = named ? words.slice(1) : words;
  const severity = isSeverity(system, word);
  const severities = system.incidents.severities.map(({ id }) => line(id)).join(', ');
  if (severity === undefined)
    return `Not done: \`${line(word ?? '')}\` is no severity of ${line(system.name)}; it has ${severities}.`;
  if (title.length === 0) return 'Not done: say what is wrong, in one line.';
  const { incident } = await deps.incidents.open(
    system,
    {
      title: title.join(' ').slice(0, maxTitle),
      severity,
      reason: 'Opened from Slack',
      requestedBy: actor.person ?? actor.id,
    },
    requestId,
  );
  return `Opened as ${severity}: \`${line(shortId(incident))}\`. Who is on call is paged.`;
}

async function actOrShow(
  deps: GatewayDeps,
  memberships: readonly Membership[],
  command: ActionCommand | Extract<Command, { name: 'show' }>,
  requestId: string,
): Promise<string> {
  const place = await lookUp(deps.incidents, memberships, command.id);
  if ('problem' in place) return place.problem;
  const { membership, incident } = place;
  const { system, actor } = membership;
  const unseen = `There is no incident \`${line(command.id)}\` that you may see.`;
  if (command.name === 'show') {
    const view = await deps.incidents.state(incident);
    return view && maySeeView(system, actor, view) ? showText(view) : unseen;
  }
  const { answer, view } = await actIfPermitted(deps.incidents, {
    system,
    incident,
    actor,
    requestId,
    action: actionOf(command, actor, deps.clock()),
  });
  // Whoever may not see it does not learn that it exists.
  const isUnseen = answer.code === 'RESTRICTED' || (answer.code === 'NOT_FOUND' && !view);
  return isUnseen ? unseen : answerText(answer, view);
}

/** Does what somebody typed. Returns what to tell them. Throws `TemporalAway`. */
export async function runCommand(deps: GatewayDeps, { sources }: Admitted, typed: TypedCommand): Promise<string> {
  const systems = systemsFor(sources, typed);
  const memberships = membershipsOf(deps, systems, typed);
  if (memberships.length === 0) {
    deps.metrics.refused.inc({ kind: 'slack', source: sources[0]?.name ?? 'unknown', reason: 'person' });
    return systems.length === 0
      ? 'Nothing was done: this workspace is not connected to any system.'
      : howToLink(typed, systems);
  }
  const command = parseCommand(typed.text);
  switch (command.name) {
    case 'help':
      return helpText(line(typed.command), command.problem);
    case 'incidents':
      return incidentsText(deps, memberships);
    case 'oncall': {
      const texts = memberships.map(({ system }) => oncallText(deps.client, system, deps.clock()));
      return (await Promise.all(texts)).join('\n');
    }
    case 'open':
      return open(deps, memberships, command.words, typed.requestId);
    default:
      return actOrShow(deps, memberships, command, typed.requestId);
  }
}
