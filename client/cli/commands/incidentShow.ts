import type { Client } from '@temporalio/client';
import { QueryNotRegisteredError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { openEvidenceStore } from '../../../activities/evidence/index.js';
import type { IncidentView, TimelineEntry } from '../../../workflows/incident/types.js';
import { entriesIn, merged } from '../../../workflows/postmortem/timeline.js';
import { call } from '../../incidents/calls.js';
import { listOpen } from '../../incidents/find.js';
import type { IncidentSummary } from '../../incidents/port.js';
import { incidentState } from '../../incidents/query.js';
import { CliError, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';
import { withTemporal } from '../session.js';
import { duration, oneLine } from '../watch/format.js';
import { viewOf } from './incidentAct.js';
import { answered, resolveId } from './incidentIds.js';
import { incidentText, timelineText } from './incidentText.js';

export interface ListOptions {
  system?: string;
  limit?: string;
}

/** Incidents that are asked what they are about; the others are listed by what Temporal's list knows. */
const ASKED = 50;
const AT_ONCE = 10;

type Row = IncidentSummary & Partial<Pick<IncidentView, 'title' | 'owner' | 'level' | 'levels' | 'phase'>>;

/** A list is still a list when no worker answers. */
async function detailed(client: Client, row: IncidentSummary): Promise<Row> {
  const view = await incidentState(client, row.incident).catch(() => undefined);
  if (!view) return row;
  const { title, owner, level, levels, phase, severity } = view;
  return {
    ...{ ...row, title, level, phase, severity },
    ...(owner !== undefined && { owner }),
    ...(levels !== undefined && { levels }),
  };
}

async function rowsOf(client: Client, found: IncidentSummary[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < Math.min(found.length, ASKED); from += AT_ONCE) {
    const some = found.slice(from, Math.min(from + AT_ONCE, ASKED));
    rows.push(...(await Promise.all(some.map((row) => detailed(client, row)))));
  }
  return [...rows, ...found.slice(ASKED)];
}

const cells = (row: Row, now: number): string[] => [
  duration(now - row.openedAt),
  row.severity ?? '?',
  row.phase ?? row.state ?? '?',
  row.level === undefined ? '' : `${row.level + 1}${row.levels === undefined ? '' : `/${row.levels}`}`,
  row.owner ?? '',
  row.incident,
  oneLine(row.title ?? '', 60),
];

/** `belay incident list`: open incidents, newest first. */
export async function incidentList(io: Io, { system, limit = '50' }: ListOptions): Promise<number> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1 || most > 1_000) throw new UsageError('--limit: 1 to 1000');
  return withTemporal(io, async ({ client }) => {
    const found = await answered(() =>
      listOpen(client, 'incident', { limit: most, ...(system !== undefined && { system }) }),
    );
    const rows = await rowsOf(client, found);
    print(io, rows, () =>
      rows.length === 0
        ? 'No open incidents.'
        : table([
            ['OPEN FOR', 'SEVERITY', 'STATE', 'LEVEL', 'OWNER', 'INCIDENT', 'TITLE'],
            ...rows.map((row) => cells(row, Date.now())),
          ]),
    );
    return exit.ok;
  });
}

/** `belay incident show <incident>`. */
export async function incidentShow(io: Io, wanted: string): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    const view = await viewOf(client, await resolveId(client, 'incident', wanted));
    print(io, view, () => incidentText(view, Date.now()));
    return exit.ok;
  });
}

interface Timeline {
  entries: TimelineEntry[];
  stored: string[];
}

async function timelineOf(client: Client, incident: string): Promise<Timeline> {
  try {
    return await answered(() => call(client, () => client.workflow.getHandle(incident).query<Timeline>('timeline')));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError)
      throw new CliError(`There is no incident ${incident}. Open ones: belay incident list`);
    throw error;
  }
}

/** Older parts, where the evidence store is within reach of whoever asks. */
async function older(io: Io, stored: string[]): Promise<{ parts: TimelineEntry[][]; unread: string[] }> {
  const parts: TimelineEntry[][] = [];
  const unread: string[] = [];
  const store = stored.length === 0 ? undefined : await openEvidenceStore(io.env['BELAY_EVIDENCE']);
  for (const reference of stored) {
    const body = await store?.read(reference).catch(() => undefined);
    const entries = body === undefined ? undefined : entriesIn(body);
    if (entries) parts.push(entries);
    else unread.push(reference);
  }
  return { parts, unread };
}

/** `belay incident timeline <incident>`: oldest first; with the parts that were moved to the evidence store, if that can be read from here. */
export async function incidentTimeline(io: Io, wanted: string): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    const incident = await resolveId(client, 'incident', wanted);
    const { entries, stored } = await timelineOf(client, incident);
    const { parts, unread } = await older(io, stored);
    const all = merged([...parts, entries]);
    for (const reference of unread)
      io.note(`not readable from here: ${reference} (set BELAY_EVIDENCE as the worker has it)`);
    print(io, { incident, entries: all, unread }, () => (all.length === 0 ? 'Nothing yet.' : timelineText(all)));
    return exit.ok;
  });
}
