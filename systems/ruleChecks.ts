import type { IncidentParts } from './incidentParts.js';
import { mentionsIn } from './mentions.js';
import { isObject, type Part } from './part.js';
import { patternProblem } from './patterns.js';
import type { Finding, Path } from './problem.js';

/** Rules, routes and suggestions that no alert could ever meet, or that could be made slow by one. Pure. */
export function ruleProblems({ rules, routes, suggested }: IncidentParts): Finding[] {
  return [
    ...[...rules, ...routes].flatMap(({ path, fields: { match } }) =>
      Object.entries(isObject(match) ? match : {}).flatMap(([label, pattern]) =>
        patterns([...path, 'match', label], pattern),
      ),
    ),
    ...suggested
      .flatMap(({ path, fields }) => mentionsIn(fields['alerts'], [...path, 'alerts']))
      .flatMap(({ path, name }) => patterns(path, name)),
    ...rules.flatMap(({ path, fields: { id } }) =>
      id === 'unmatched'
        ? [
            {
              path: [...path, 'id'],
              message: 'is what alerts without a rule are listed under; give the rule another name',
            },
          ]
        : [],
    ),
    ...hidden(rules, 'rule'),
    ...hidden(routes, 'route'),
    ...routes.flatMap(repeatProblems),
  ];
}

function patterns(path: Path, pattern: unknown): Finding[] {
  const problem = typeof pattern === 'string' && pattern !== '' ? patternProblem(pattern) : undefined;
  return problem === undefined ? [] : [{ path, message: problem }];
}

/** The first that matches is taken, so nothing comes to those after one that matches everything. */
function hidden(parts: Part[], noun: string): Finding[] {
  const all = parts.findIndex(({ fields: { match } }) => {
    const labels = Object.values(isObject(match) ? match : {});
    return labels.every((pattern) => pattern === '.*');
  });
  const first = parts[all];
  const after = parts[all + 1];
  if (
    first === undefined ||
    after === undefined ||
    (first.fields['match'] !== undefined && !isObject(first.fields['match']))
  )
    return [];
  const message = `matches every alert, so the ${noun}s after it are never taken; move it to the end`;
  return [{ path: [...first.path, 'match'], message }];
}

function repeatProblems({ path, fields }: Part): Finding[] {
  const [group, repeat] = [fields['groupIntervalSeconds'] ?? 300, fields['repeatIntervalSeconds'] ?? 14_400];
  if (typeof group !== 'number' || typeof repeat !== 'number' || repeat >= group) return [];
  const message = `is less than groupIntervalSeconds (${group}), and Alertmanager looks no more often than that; raise it`;
  return [{ path: [...path, 'repeatIntervalSeconds'], message }];
}
