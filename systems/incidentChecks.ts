import type { IncidentParts } from './incidentParts.js';
import { within } from './incidentReferences.js';
import type { Severity } from './incidentSchema.js';
import { phaseSchema } from './incidentSchema.js';
import { mentionsIn } from './mentions.js';
import type { Part } from './part.js';
import { roleSchema } from './peopleSchema.js';
import type { Finding } from './problem.js';
import { hoursProblems } from './rotaChecks.js';
import { suggest } from './suggest.js';
import { zoneProblems } from './timing.js';

const PHASES = phaseSchema.shape.name.options;

/** What is wrong between the fields of `incidents`. Pure. */
export function incidentProblems(oncall: IncidentParts): Finding[] {
  return [
    ...oncall.severities.flatMap((severity) => [
      ...phaseProblems(severity),
      ...updateProblems(severity),
      ...urgencyProblems(severity),
    ]),
    ...businessHours(oncall),
    ...restricted(oncall),
    ...postmortem(oncall),
    ...gateway(oncall),
  ];
}

function phaseProblems({ path, parsed }: Part<Severity>): Finding[] {
  const phases = parsed?.phases ?? [];
  return phases.flatMap(({ name, withinSeconds }, index) => {
    const before = phases[index - 1];
    if (before === undefined) return [];
    const at = [...path, 'phases', index];
    if (PHASES.indexOf(name) <= PHASES.indexOf(before.name)) {
      const message = `${name} stands after ${before.name}; name each once, in the order ${PHASES.join(', ')}`;
      return [{ path: [...at, 'name'], message }];
    }
    if (withinSeconds >= before.withinSeconds) return [];
    const message = `is less than that of ${before.name} (${before.withinSeconds}); each counts from the opening of the incident`;
    return [{ path: [...at, 'withinSeconds'], message }];
  });
}

function updateProblems({ path, fields }: Part<Severity>): Finding[] {
  const { updateSeconds, slowUpdateSeconds, slowAfterSeconds } = fields;
  const idle = (field: string, wanted: string): Finding[] => [
    { path: [...path, field], message: `says nothing without \`${wanted}\`; add that, or take this away` },
  ];
  if (slowUpdateSeconds !== undefined && updateSeconds === undefined) return idle('slowUpdateSeconds', 'updateSeconds');
  if (slowAfterSeconds !== undefined && slowUpdateSeconds === undefined)
    return idle('slowAfterSeconds', 'slowUpdateSeconds');
  if (typeof slowUpdateSeconds !== 'number' || typeof updateSeconds !== 'number' || slowUpdateSeconds >= updateSeconds)
    return [];
  const message = `is less than updateSeconds (${updateSeconds}), so updates would become more frequent; raise it`;
  return [{ path: [...path, 'slowUpdateSeconds'], message }];
}

function urgencyProblems({ path, fields: { urgent, pauseSeconds } }: Part<Severity>): Finding[] {
  if (urgent !== true || typeof pauseSeconds !== 'number' || pauseSeconds <= 0) return [];
  const message = 'would hold back a page of an urgent severity; take it away, or `urgent`';
  return [{ path: [...path, 'pauseSeconds'], message }];
}

function businessHours({ incidents }: IncidentParts): Finding[] {
  const { path, fields } = within(incidents?.fields ?? {}, 'businessHours');
  const { timeZone } = fields;
  const hours = incidents?.parsed?.businessHours;
  return [
    ...(typeof timeZone === 'string' && timeZone !== '' ? zoneProblems([...path, 'timeZone'], timeZone) : []),
    ...(hours === undefined ? [] : hoursProblems(path, hours)),
  ];
}

function restricted({ incidents, people }: IncidentParts): Finding[] {
  const own = incidents?.fields ?? {};
  const { path, fields } = within(own, 'restricted');
  const roles: readonly string[] = roleSchema.options;
  const findings = mentionsIn(fields['roles'], [...path, 'roles']).flatMap(({ path: at, name }) => {
    if (typeof name !== 'string' || roles.includes(name)) return [];
    return [{ path: at, message: `there is no role "${name.slice(0, 80)}"; ${suggest(name, roles, 'roles')}` }];
  });
  if (fields['channel'] !== undefined && fields['channel'] === own['channel']) {
    const message =
      'is the channel of all incidents, so everybody there would read them; name another, or take it away';
    findings.push({ path: [...path, 'channel'], message });
  }
  const admitted = incidents?.parsed?.restricted?.roles;
  const mayAct = people.some(
    ({ fields: { roles: held } }) => Array.isArray(held) && held.some((role) => admitted?.includes(role)),
  );
  if (admitted !== undefined && findings.length === 0 && !mayAct) {
    const message = `are held by none of \`people\`, so nobody may act in a security incident; give one of them ${admitted.join(' or ')}`;
    findings.push({ path: [...path, 'roles'], message });
  }
  return findings;
}

function postmortem({ incidents }: IncidentParts): Finding[] {
  const parsed = incidents?.parsed?.postmortem;
  const given = within(incidents?.fields ?? {}, 'postmortem');
  if (parsed === undefined || given.fields['remindSeconds'] === undefined) return [];
  return parsed.remindSeconds.flatMap((after, index) => {
    if (after < parsed.dueSeconds) return [];
    const message = `reminds after the postmortem is due (dueSeconds is ${parsed.dueSeconds}); remind before`;
    return [{ path: [...given.path, 'remindSeconds', index], message }];
  });
}

/** Alertmanager needs a credential of its own, and a route to the gateway needs the address. */
function gateway({ incidents, sources, routes }: IncidentParts): Finding[] {
  const findings: Finding[] = [];
  const types = sources.map(({ parsed }) => parsed?.type);
  if (incidents?.fields['gateway'] !== undefined && !types.includes('alertmanager') && !types.includes(undefined)) {
    const message = 'is of no use to Alertmanager without a source; add one with type: alertmanager and its tokens';
    findings.push({ path: ['incidents', 'sources'], message });
  }
  const toBelay = routes.find(({ fields }) => fields['receiver'] === 'belay');
  if (toBelay !== undefined && incidents?.fields['gateway'] === undefined) {
    const message = 'leads to the gateway, whose address is not known; add `incidents.gateway: {url: …}`';
    findings.push({ path: [...toBelay.path, 'receiver'], message });
  }
  return findings;
}
