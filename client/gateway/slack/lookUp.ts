import type { IncidentView } from '../../../workflows/incident/types.js';
import type { IncidentPort } from '../../incidents/port.js';
import { maySeeView, systemOf } from '../security/permitted.js';
import { line } from './respond.js';
import type { Membership } from './users.js';
import { shortId } from './words.js';

/** Open incidents that are looked at for one request. */
const most = 50;
const atOnce = 10;
/** Shorter beginnings of an id name too many. */
const shortest = 4;

/** An incident of one of the person's systems. */
export interface Place {
  membership: Membership;
  incident: string;
}

/** The open incidents that this person may see, newest first; `unread` counts those that could not be asked. */
export async function visibleIncidents(
  incidents: IncidentPort,
  { system, actor }: Membership,
): Promise<{ views: IncidentView[]; unread: number }> {
  const open = await incidents.list(system.name, most);
  const views: IncidentView[] = [];
  let unread = 0;
  for (let from = 0; from < open.length; from += atOnce) {
    const some = open.slice(from, from + atOnce);
    const read = await Promise.allSettled(some.map(({ incident }) => incidents.state(incident)));
    for (const one of read) {
      // One that cannot be read may be restricted: it is counted, and nothing of it told.
      if (one.status === 'rejected') unread += 1;
      else if (one.value && maySeeView(system, actor, one.value)) views.push(one.value);
    }
  }
  return { views, unread };
}

const nothingFound = (id: string): { problem: string } => ({
  problem: `There is no open incident \`${line(id)}\` that you may see; \`incidents\` lists them.`,
});

/**
 * The incident that somebody means: a whole workflow id, or the beginning (four characters or more) of the last part of an open one's. The
 * problem, in words for them, when there is none or more than one.
 */
export async function lookUp(
  incidents: IncidentPort,
  memberships: readonly Membership[],
  id: string,
): Promise<Place | { problem: string }> {
  const systemName = systemOf(id);
  if (systemName !== undefined) {
    const membership = memberships.find(({ system }) => system.name === systemName);
    return membership ? { membership, incident: id } : nothingFound(id);
  }
  if (id.length < shortest) return { problem: `\`${line(id)}\` is too short; give four characters or more.` };
  const lists = await Promise.all(
    memberships.map(async (membership) => {
      const open = await incidents.list(membership.system.name, most);
      return open.map(({ incident }) => ({ membership, incident }));
    }),
  );
  const all = lists.flat();
  const exact = all.filter(({ incident }) => shortId(incident) === id);
  const found = exact.length > 0 ? exact : all.filter(({ incident }) => shortId(incident).startsWith(id));
  const [only, ...others] = found;
  if (!only) return nothingFound(id);
  // How many others there are is told; which, may be none of this person's business.
  return others.length > 0 ? { problem: `\`${line(id)}\` begins more than one id; give more of it.` } : only;
}
