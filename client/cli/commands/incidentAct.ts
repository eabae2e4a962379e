import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { loadSystem } from '../../../systems/load.js';
import type { Actor, IncidentView } from '../../../workflows/incident/types.js';
import { newWorkflowId } from '../../ids.js';
import { actOn } from '../../incidents/act.js';
import { incidentState } from '../../incidents/query.js';
import { runbookNamed, UnknownRunbook } from '../../runbooks.js';
import { CliError, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { readInput } from '../inputArguments.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { actor } from '../prepare.js';
import { withTemporal } from '../session.js';
import { type ActionCommand, type ActionOptions, type Deed, deedOf } from './incidentActions.js';
import { answered, resolveId } from './incidentIds.js';

/** A person has time; a worker that is busy gets some. */
const ANSWER_MS = 10_000;

export const systemOf = (incident: string): string => incident.split('/')[1] ?? '';

/** Who acts. The key of the person where the description, if it is at hand, has one of that name: people who are on call can be told from others then. */
function actorOf(io: Io, incident: string, as: string | undefined): Actor {
  const id = as ?? actor(io);
  let known = false;
  try {
    known = Object.hasOwn(loadSystem(systemOf(incident)).system.people, id);
  } catch {
    // No description here, or a broken one: the incident has its own snapshot.
  }
  return { id, via: 'cli', ...(known && { person: id }) };
}

/** The view of an incident, or an error that says where to look. */
export async function viewOf(client: Client, incident: string): Promise<IncidentView> {
  const view = await answered(() => incidentState(client, incident));
  if (view) return view;
  throw new CliError(`There is no incident ${incident}. Open ones: belay incident list`);
}

async function perform(io: Io, client: Client, incident: string, deed: Deed, options: ActionOptions): Promise<number> {
  const { reason, as, requestId = randomUUID() } = options;
  const action = { ...deed, actor: actorOf(io, incident, as), requestId, ...(reason !== undefined && { reason }) };
  const answer = await answered(() => actOn(client, incident, action, ANSWER_MS));
  print(
    io,
    { incident, action: deed.type, requestId, ...answer },
    () => `${answer.accepted ? 'Accepted' : 'Refused'}: ${answer.answer}`,
  );
  return answer.accepted ? exit.ok : exit.refused;
}

/** `belay incident ack|escalate|… <incident>`: accepted 0, refused 3. A repeat with the same `--request-id` cannot count twice. */
export async function incidentAct(
  io: Io,
  command: ActionCommand,
  wanted: string,
  argument: string | undefined,
  options: ActionOptions,
): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    const incident = await resolveId(client, 'incident', wanted);
    const deed = await deedOf(command, argument, options, {
      now: Date.now(),
      view: () => viewOf(client, incident),
      incidentId: (other) => resolveId(client, 'incident', other),
    });
    return perform(io, client, incident, deed, options);
  });
}

export interface LinkOptions extends ActionOptions {
  start?: string;
  input?: string;
}

async function typeOf(client: Client, workflowId: string): Promise<string> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).type;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new CliError(`There is no run ${workflowId}. See: belay report --list`);
    throw error;
  }
}

/** `belay incident link <incident> <run>`, or with `--start <runbook>` a new run that the incident starts. */
export async function incidentLink(
  io: Io,
  wanted: string,
  workflowId: string | undefined,
  options: LinkOptions,
): Promise<number> {
  const { start } = options;
  if ((workflowId === undefined) === (start === undefined))
    throw new UsageError('link: name a run that is there, or a runbook to start with --start');
  return withTemporal(io, async ({ client }) => {
    const incident = await resolveId(client, 'incident', wanted);
    const deed: Deed =
      workflowId === undefined
        ? started(incident, start ?? '', options.input)
        : { type: 'linkRun', workflowId, runbook: await typeOf(client, workflowId) };
    return perform(io, client, incident, deed, options);
  });
}

function started(incident: string, id: string, input: string | undefined): Deed {
  try {
    const runbook = runbookNamed(id).id;
    const workflowId = newWorkflowId(runbook, systemOf(incident));
    return { type: 'linkRun', workflowId, runbook, start: true, input: readInput(input) };
  } catch (error) {
    if (error instanceof UnknownRunbook) throw new UsageError(error.message);
    throw error;
  }
}
