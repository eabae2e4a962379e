import { channelOf } from './channelChecks.js';
import type { IncidentParts } from './incidentParts.js';
import { incidentMentions } from './incidentReferences.js';
import { type Fields, list, type Named, type Part } from './part.js';
import type { Person } from './peopleSchema.js';
import { type Finding, pathText } from './problem.js';
import { zoneProblems } from './timing.js';

/** What must be known of a person so that a channel of this type reaches them. */
const NEEDED: Record<string, readonly (keyof Person)[]> = {
  slack: ['slack'],
  mail: ['email'],
  webhook: ['phone', 'email'],
};

/** Ways to reach people that cannot work, and people who are paged although there is none. Pure. */
export function peopleProblems(root: Fields, oncall: IncidentParts): Finding[] {
  return [
    ...oncall.people.flatMap((person) => [
      ...(typeof person.fields['timeZone'] === 'string'
        ? zoneProblems([...person.path, 'timeZone'], person.fields['timeZone'])
        : []),
      ...contacts(person).flatMap((contact) => addressProblems(root, person, contact)),
      ...orderProblems(person),
    ]),
    ...unreachable(oncall),
  ];
}

const contacts = ({ path, fields }: Part): Part[] => list(fields['contacts'], [...path, 'contacts']);

function addressProblems(root: Fields, { path, fields }: Part, contact: Part): Finding[] {
  const type = channelOf(root, contact.fields['channel'])?.['type'];
  const needed = typeof type === 'string' && Object.hasOwn(NEEDED, type) ? (NEEDED[type] ?? []) : [];
  if (needed.length === 0 || needed.some((field) => fields[field] !== undefined)) return [];
  const wanted = needed.map((field) => `\`${field}\``).join(' or ');
  const message = `is a channel of type ${String(type)}, and nothing says where this person is there; add ${wanted} to ${pathText(path)}`;
  return [{ path: [...contact.path, 'channel'], message }];
}

function orderProblems(person: Named<Person>): Finding[] {
  const delays = (person.parsed?.contacts ?? []).map(({ afterSeconds }) => afterSeconds);
  return delays.flatMap((delay, index) => {
    const before = delays[index - 1] ?? 0;
    if (delay >= before) return [];
    const message = `comes before the way above it (${before}); ways are tried in the order in which they stand, so put it there`;
    return [{ path: [...person.path, 'contacts', index, 'afterSeconds'], message }];
  });
}

function unreachable(oncall: IncidentParts): Finding[] {
  const mentions = incidentMentions(oncall).people;
  return oncall.people.flatMap((person) => {
    const paged = mentions.find(({ name }) => name === person.id);
    const { contacts: given } = person.fields;
    if (paged === undefined || (given !== undefined && !(Array.isArray(given) && given.length === 0))) return [];
    const message = `says no way to reach this person, who is paged by ${pathText(paged.path)}; add e.g. contacts: [{channel: …}]`;
    return [{ path: [...person.path, 'contacts'], message }];
  });
}
