import type { Role } from '../../../systems/peopleSchema.js';
import type { ActionName } from '../../../workflows/incident/types.js';

/** Who asks, as the system's `people` know them. */
export interface Standing {
  id: string;
  roles: readonly Role[];
}

/** What of an incident decides who may act on it. */
export interface IncidentFacts {
  kind: 'operational' | 'security';
  /** A key of `people`. */
  owner?: string;
  /** Index of the level that the ladder has reached, -1 before the first. */
  level: number;
  /** How many levels the ladder has. */
  levels: number;
}

export type Permission =
  { allowed: true } | { allowed: false; code: 'UNKNOWN_PERSON' | 'RESTRICTED' | 'NOT_ALLOWED'; why: string };

/** `known`: whoever is one of the system's people. */
type Power = 'known' | 'owner' | 'lead';

const powers: Record<ActionName, readonly Power[]> = {
  acknowledge: ['known'],
  escalate: ['known'],
  note: ['known'],
  postUpdate: ['known'],
  linkRun: ['known'],
  checkStep: ['known'],
  markNoise: ['known'],
  resolve: ['owner', 'lead'],
  advance: ['owner', 'lead'],
  reassign: ['lead'],
  setSeverity: ['lead'],
  snooze: ['lead'],
  merge: ['lead'],
  applyPolicy: ['lead'],
};

const allowed: Permission = { allowed: true };
const refuse = (code: 'UNKNOWN_PERSON' | 'RESTRICTED' | 'NOT_ALLOWED', why: string): Permission => ({
  allowed: false,
  code,
  why,
});

/** Whether somebody may know of an incident at all: security incidents are for the restricted roles only. */
export function maySee(
  who: Standing | undefined,
  kind: IncidentFacts['kind'],
  restrictedRoles: readonly string[],
): boolean {
  if (!who) return false;
  return kind !== 'security' || who.roles.some((role) => restrictedRoles.includes(role));
}

/**
 * Whether the next level is one that a manager decides on: the last of three levels or more. A ladder of two has nothing else to escalate
 * to, so there the last level is open to everybody.
 */
export function nextIsLast({ level, levels }: Pick<IncidentFacts, 'level' | 'levels'>): boolean {
  return levels > 2 && level + 1 >= levels - 1;
}

/**
 * May this person do this? `who` is undefined for somebody whom the system does not know: they may do nothing. In a security incident only
 * `restrictedRoles` may act, and there the role `security` leads. Changes nothing and asks nobody.
 */
export function authorise(
  action: ActionName,
  who: Standing | undefined,
  incident: IncidentFacts,
  restrictedRoles: readonly string[],
): Permission {
  if (!who)
    return refuse(
      'UNKNOWN_PERSON',
      'You are not one of the people of this system, so nothing was done. Ask its team to enter you under `people`.',
    );
  if (!maySee(who, incident.kind, restrictedRoles))
    return refuse(
      'RESTRICTED',
      `This incident is restricted to the roles ${restrictedRoles.join(', ')}; nothing was done.`,
    );
  const isLead = who.roles.includes('lead') || (incident.kind === 'security' && who.roles.includes('security'));
  if (action === 'escalate' && nextIsLast(incident) && !isLead && !who.roles.includes('executive'))
    return refuse(
      'NOT_ALLOWED',
      'The last level is called by a lead or an executive, or by the ladder when its time comes; nothing was done.',
    );
  const isOwner = incident.owner !== undefined && incident.owner === who.id;
  const has: Record<Power, boolean> = { known: true, owner: isOwner, lead: isLead };
  const needed = powers[action];
  if (needed.some((power) => has[power])) return allowed;
  return refuse(
    'NOT_ALLOWED',
    needed.includes('owner')
      ? `Only the owner or a lead may ${action} it${incident.owner === undefined ? '; nobody owns it yet: acknowledge it first' : ` (${incident.owner} owns it)`}. Nothing was done.`
      : `Only a lead may do this (${action}); nothing was done.`,
  );
}

/**
 * What a source of events may do for itself, with no person of the system behind it: acknowledge (which is no human response) and note, and
 * nothing in security incidents.
 */
export const sourceMay = (action: ActionName, kind: IncidentFacts['kind']): boolean =>
  kind === 'operational' && (action === 'acknowledge' || action === 'note');
