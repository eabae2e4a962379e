import type { IncidentParts, PolicyPart } from './incidentParts.js';
import type { Severity } from './incidentSchema.js';
import type { Part } from './part.js';
import type { Finding } from './problem.js';

/** Ladders that would not be climbed as they are written. Pure. */
export function escalationProblems({ policies, severities, incidents }: IncidentParts): Finding[] {
  const hours = incidents?.fields['businessHours'];
  const ladders = policies.flatMap((policy) => [
    ...orderProblems(policy),
    ...nobodyProblems(policy),
    ...(hours === undefined ? hoursProblems(policy) : []),
    ...confirmProblems(policy),
  ]);
  return [...ladders, ...severities.flatMap((severity) => pauseProblems(severity, policies))];
}

/** Of several levels that are due at the same time only the highest is run, so an equal one would never be. */
function orderProblems({ levels }: PolicyPart): Finding[] {
  return levels.flatMap(({ path, fields: { afterSeconds } }, index) => {
    const before = levels[index - 1]?.fields['afterSeconds'];
    if (typeof afterSeconds !== 'number' || typeof before !== 'number' || afterSeconds > before) return [];
    const message = `is not after the level above it (${before}), which would be skipped; count from the opening of the incident, or notify both in one level`;
    return [{ path: [...path, 'afterSeconds'], message }];
  });
}

/** A ladder that only tells channels: nobody is asked to answer. */
function nobodyProblems({ path, parsed }: PolicyPart): Finding[] {
  if (parsed === undefined) return [];
  const targets = [...parsed.levels.flatMap(({ notify }) => notify), ...parsed.fallback];
  if (targets.some((target) => !('channel' in target))) return [];
  const message = 'tells channels but pages nobody, so nobody would answer; add a level with a rota or a person';
  return [{ path: [...path, 'levels'], message }];
}

function hoursProblems({ levels }: PolicyPart): Finding[] {
  return levels.flatMap(({ path, fields }) => {
    if (fields['businessHoursOnly'] !== true) return [];
    const message = 'waits for hours that are not described; add `incidents.businessHours`';
    return [{ path: [...path, 'businessHoursOnly'], message }];
  });
}

function confirmProblems({ path, fields, parsed }: PolicyPart): Finding[] {
  if (parsed === undefined) return [];
  const { ackTimeoutSeconds, ackCapSeconds } = parsed;
  if (ackTimeoutSeconds === undefined) {
    const idle = ['ackConfirmSeconds', 'ackCapSeconds', 'onUnack'].filter((field) => fields[field] !== undefined);
    return idle.map((field) => ({
      path: [...path, field],
      message: 'says nothing without `ackTimeoutSeconds`; add that, or take this away',
    }));
  }
  if (ackTimeoutSeconds < ackCapSeconds) return [];
  const message = `ends the asking before it begins (ackTimeoutSeconds is ${ackTimeoutSeconds}); raise it`;
  return [{ path: [...path, 'ackCapSeconds'], message }];
}

/** The first level waits for the pause; when the second is due by then, the first would be skipped. */
function pauseProblems({ path, fields }: Part<Severity>, policies: PolicyPart[]): Finding[] {
  const { pauseSeconds, policy } = fields;
  const second = policies.find(({ id }) => id === policy)?.levels[1]?.fields['afterSeconds'];
  if (typeof pauseSeconds !== 'number' || typeof second !== 'number' || pauseSeconds < second) return [];
  const message = `lasts until the second level of ${String(policy)} is due (${second}), so the first would be skipped; lower it`;
  return [{ path: [...path, 'pauseSeconds'], message }];
}
