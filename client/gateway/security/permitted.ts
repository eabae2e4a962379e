import { type IdentifiedAction, type IncidentPort, TemporalAway } from '../../incidents/port.js';
import type { System } from '../../../systems/schema.js';
import type { Action, ActionAnswer, Actor, IncidentView } from '../../../workflows/incident/types.js';
import { authorise, maySee, sourceMay, type IncidentFacts, type Permission, type Standing } from './authorise.js';

const defaultRestrictedRoles = ['security', 'executive'];
/** Incidents are merged into one another; nobody follows further than this. */
const maxMerges = 3;

/** Who may act on security incidents of a system. */
export const restrictedRoles = ({ incidents }: System): readonly string[] =>
  incidents?.restricted?.roles ?? defaultRestrictedRoles;

/** What the system knows of an actor; `undefined` when it is none of its people. */
export function standingOf(system: System, actor: Actor | undefined): Standing | undefined {
  const id = actor?.person;
  if (id === undefined || !Object.hasOwn(system.people, id)) return undefined;
  const person = system.people[id];
  return person && { id, roles: person.roles };
}

function levelsOf({ incidents }: System, { severity }: IncidentView): number {
  const policy = incidents?.severities.find(({ id }) => id === severity)?.policy;
  return (policy === undefined ? undefined : incidents?.policies[policy])?.levels.length ?? 0;
}

/** What decides who may act on an incident. */
export const factsOf = (system: System, view: IncidentView): IncidentFacts => ({
  kind: view.kind,
  ...(view.owner !== undefined && { owner: view.owner }),
  level: view.level,
  levels: view.levels ?? levelsOf(system, view),
});

/** Whether this actor may be told of the incident. */
export const maySeeView = (system: System, actor: Actor | undefined, view: IncidentView): boolean =>
  maySee(standingOf(system, actor), view.kind, restrictedRoles(system));

/** The system in an incident's workflow id; `undefined` when it is no incident's. */
export const systemOf = (workflowId: string): string | undefined => /^incident\/([^/]+)\/./.exec(workflowId)?.[1];

/** The incident as it stands; where it was merged, the one that it is part of now. */
async function current(incidents: IncidentPort, system: System, workflowId: string): Promise<IncidentView | undefined> {
  let view = await incidents.state(workflowId);
  for (let merges = 0; merges < maxMerges && view?.mergedInto !== undefined; merges += 1) {
    // Never into another system: its people and roles are others.
    if (systemOf(view.mergedInto) !== system.name) break;
    view = (await incidents.state(view.mergedInto)) ?? view;
  }
  return view;
}

/** Whether an incident is restricted, as far as its id tells: that of an alert's incident names the routing rule. */
function kindOf({ incidents }: System, workflowId: string): IncidentFacts['kind'] | undefined {
  const [, , rule, hash] = workflowId.split('/');
  if (hash === undefined) return undefined;
  return rule === 'unmatched' ? 'operational' : incidents?.rules.find(({ id }) => id === rule)?.kind;
}

export interface Attempt {
  system: System;
  /** Workflow id. */
  incident: string;
  actor: Actor;
  /** The source of events acts for itself: what it may do is less than what any person may. */
  bySource?: boolean;
  requestId: string;
  /** Of the message that was answered (ms): an incident opened after it is another one. */
  seenAt?: number;
  /** Without the incident's state: `undefined` when the action depends on it. */
  action: (view: IncidentView | undefined) => Action | undefined;
}

/** What became of it, and the incident that it was about. */
export interface Attempted {
  answer: ActionAnswer;
  view?: IncidentView;
}

const refused = (code: string, answer: string): ActionAnswer => ({ accepted: false, code, answer });

/**
 * No worker answers, so nothing is known of the incident. What everybody may do anyway is handed over all the same, so that an answer to a page
 * counts once a worker is back, before the ladder climbs. Only if the incident is not restricted, or the person may act on such ones too, and
 * if it surely is the one that the message was about.
 */
async function actUnseen(incidents: IncidentPort, attempt: Attempt): Promise<ActionAnswer | undefined> {
  const { system, incident, actor, requestId, seenAt } = attempt;
  const action = attempt.action(undefined);
  if (!action || (action.type !== 'acknowledge' && action.type !== 'note')) return undefined;
  const kind = kindOf(system, incident) ?? 'security';
  const may = attempt.bySource
    ? sourceMay(action.type, kind)
    : maySee(standingOf(system, actor), kind, restrictedRoles(system));
  if (!may) return undefined;
  const open = (await incidents.list(system.name, 1_000)).find((one) => one.incident === incident);
  if (!open || (seenAt !== undefined && seenAt < open.openedAt)) return undefined;
  return incidents.act(incident, { ...action, requestId });
}

function permissionFor({ system, actor, bySource }: Attempt, action: Action, view: IncidentView): Permission {
  if (!bySource)
    return authorise(action.type, standingOf(system, actor), factsOf(system, view), restrictedRoles(system));
  if (sourceMay(action.type, view.kind)) return { allowed: true };
  return { allowed: false, code: 'UNKNOWN_PERSON', why: 'Nobody of the system stands behind it; nothing was done.' };
}

/**
 * Does what somebody asks of an incident, if they may (`authorise`). Refusals are answers: `NOT_FOUND`, `OTHER_INCIDENT`, `UNKNOWN_PERSON`,
 * `RESTRICTED`, `NOT_ALLOWED`, or those of the incident itself. Throws `TemporalAway`.
 */
export async function actIfPermitted(incidents: IncidentPort, attempt: Attempt): Promise<Attempted> {
  const { system, requestId, seenAt } = attempt;
  let view: IncidentView | undefined;
  try {
    view = await current(incidents, system, attempt.incident);
  } catch (error) {
    const answer = error instanceof TemporalAway ? await actUnseen(incidents, attempt) : undefined;
    if (answer) return { answer };
    throw error;
  }
  const action = view && attempt.action(view);
  if (!view || !action) return { answer: refused('NOT_FOUND', 'There is no such incident; nothing was done.') };
  if (seenAt !== undefined && seenAt < view.openedAt) {
    const answer =
      'The message is about an earlier incident, which is closed; nothing was done. Use the newest message.';
    return { answer: refused('OTHER_INCIDENT', answer), view };
  }
  const permission = permissionFor(attempt, action, view);
  if (!permission.allowed) return { answer: refused(permission.code, permission.why), view };
  const identified: IdentifiedAction = { ...action, requestId };
  return { answer: await incidents.act(view.incident, identified), view };
}
