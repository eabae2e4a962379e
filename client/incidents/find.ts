import type { Client } from '@temporalio/client';
import { attributes } from '../../workflows/kit/searchAttributes.js';
import { call } from './calls.js';
import type { IncidentSummary } from './port.js';

/** Quotes in a visibility query are doubled, as in SQL. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export type OpenRunType = 'incident' | 'postmortem';

/** Open incidents or postmortems, newest first, of one system or of all. A new one may take a second to appear. Throws `TemporalAway`. */
export async function listOpen(
  client: Client,
  type: OpenRunType,
  { system, limit = 1_000 }: { system?: string; limit?: number } = {},
): Promise<IncidentSummary[]> {
  const of = system === undefined ? '' : ` AND BelaySystem = ${quoted(system)}`;
  const query = `WorkflowType = ${quoted(type)} AND ExecutionStatus = 'Running'${of}`;
  return call(client, async () => {
    const found: IncidentSummary[] = [];
    for await (const info of client.workflow.list({ query, pageSize: Math.min(limit, 200) })) {
      const { workflowId, startTime, typedSearchAttributes } = info;
      const severity = typedSearchAttributes.get(attributes.severity);
      const state = typedSearchAttributes.get(attributes.state);
      found.push({
        incident: workflowId,
        system: typedSearchAttributes.get(attributes.system) ?? workflowId.split('/')[1] ?? '',
        openedAt: startTime.getTime(),
        ...(severity !== undefined && { severity }),
        ...(state !== undefined && { state }),
      });
      if (found.length >= limit) break;
    }
    return found;
  });
}

/** `nothing` matched, or `several` did; else the id. */
export type Match = { id: string } | { several: string[] } | { nothing: true };

const uniform = (ids: string[]): Match | undefined => {
  const [id] = ids;
  if (id === undefined) return undefined;
  return ids.length === 1 ? { id } : { several: ids };
};

/**
 * The id that a person means by a part of it: the whole id, the id without its first part, or the beginning of any of its parts, such as the slug or the rule.
 * The most exact way in which anything matches decides. Pure.
 */
export function matchId(wanted: string, ids: readonly string[]): Match {
  const bare = (id: string) => id.slice(id.indexOf('/') + 1);
  const tails = (id: string): string[] => id.split('/').map((_, at, parts) => parts.slice(at).join('/'));
  const ways: ((id: string) => boolean)[] = [
    (id) => id === wanted,
    (id) => bare(id) === wanted,
    (id) => tails(id).includes(wanted),
    (id) => tails(id).some((tail) => tail.startsWith(wanted)),
  ];
  for (const way of ways) {
    const match = uniform(ids.filter(way));
    if (match) return match;
  }
  return { nothing: true };
}
