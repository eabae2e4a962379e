import type { IncidentParts } from './incidentParts.js';
import { keysOf, type Mention, mentionsIn, repeated, unknownNames } from './mentions.js';
import { type Fields, isObject, list, type Part } from './part.js';
import type { Finding, Path } from './problem.js';

/** What people, rotas and incidents name but do not describe themselves. */
export interface IncidentMentions {
  channels: Mention[];
  people: Mention[];
  rotas: Mention[];
  policies: Mention[];
  severities: Mention[];
}

/** Names in `people`, `rotas` and `incidents` that lead nowhere, but for channels, and ids that stand twice. Pure. */
export function incidentReferenceProblems(root: Fields, oncall: IncidentParts): Finding[] {
  const { people, rotas, policies, severities } = incidentMentions(oncall);
  const incidents = isObject(root['incidents']) ? root['incidents'] : undefined;
  const ids = oncall.severities.flatMap(({ fields: { id } }) => (typeof id === 'string' ? [id] : []));
  const ofIncidents = (field: string): Path => ['incidents', field];
  return [
    ...unknownNames(people, keysOf(root['people']), 'person', ['people']),
    ...unknownNames(rotas, keysOf(root['rotas']), 'rota'),
    // Where these are missing as a whole the schema says so.
    ...(isObject(incidents?.['policies'])
      ? unknownNames(policies, keysOf(incidents['policies']), 'policy', ofIncidents('policies'))
      : []),
    ...(Array.isArray(incidents?.['severities'])
      ? unknownNames(severities, ids, 'severity', ofIncidents('severities'))
      : []),
    ...[oncall.severities, oncall.rules, oncall.routes].flatMap((parts) => repeated(parts.map(mention('id')))),
  ];
}

/** All of them, each at its place. Pure. */
export function incidentMentions(oncall: IncidentParts): IncidentMentions {
  const { incidents, severities, rules } = oncall;
  const targets = targetsOf(oncall);
  const own = incidents?.fields ?? {};
  const postmortem = within(own, 'postmortem');
  return {
    channels: [
      ...contactsOf(oncall).map(mention('channel')),
      ...targets.map(mention('channel')),
      ...severities.flatMap(({ path, fields }) => [
        ...mentionsIn(fields['stakeholders'], [...path, 'stakeholders']),
        mention('channel')(within(fields, 'customers', path)),
      ]),
      { path: ['incidents', 'channel'], name: own['channel'] },
      mention('channel')(within(own, 'restricted')),
      mention('channel')(postmortem),
      ...oncall.sources.map(mention('channel')),
      ...oncall.routes.map(mention('receiver')).filter(({ name }) => name !== 'belay'),
    ],
    people: [...targets.map(mention('person')), ...oncall.rotas.flatMap(peopleOf)],
    rotas: targets.map(mention('rota')),
    policies: [...severities, ...rules].map(mention('policy')),
    severities: [
      ...rules.map(mention('severity')),
      ...rules.flatMap(severityValues),
      { path: ['incidents', 'unmatched'], name: own['unmatched'] },
      ...mentionsIn(postmortem.fields['severities'], [...postmortem.path, 'severities']),
    ],
  };
}

/** Who or what the levels of all ladders notify, and their fallbacks. */
export function targetsOf({ policies }: IncidentParts): Part[] {
  return policies.flatMap(({ path, fields, levels }) => [
    ...levels.flatMap((level) => list(level.fields['notify'], [...level.path, 'notify'])),
    ...list(fields['fallback'], [...path, 'fallback']),
  ]);
}

/** Every way to reach somebody. */
export function contactsOf({ people }: IncidentParts): Part[] {
  return people.flatMap(({ path, fields }) => list(fields['contacts'], [...path, 'contacts']));
}

function peopleOf({ path, fields }: Part): Mention[] {
  return [
    ...mentionsIn(fields['people'], [...path, 'people']),
    ...list(fields['overrides'], [...path, 'overrides']).map(mention('person')),
    ...list(fields['holidays'], [...path, 'holidays']).map(mention('person')),
  ];
}

function severityValues({ path, fields }: Part): Mention[] {
  const label = within(fields, 'severityLabel', path);
  const values = within(label.fields, 'values', label.path);
  return Object.entries(values.fields).map(([value, name]) => ({ path: [...values.path, value], name }));
}

/** The object that stands in a field; an empty one where there is none. */
export function within(fields: Fields, name: string, path: Path = ['incidents']): Part {
  const value = fields[name];
  return { path: [...path, name], fields: isObject(value) ? value : {} };
}

const mention =
  (field: string) =>
  ({ path, fields }: Part): Mention => ({ path: [...path, field], name: fields[field] });
