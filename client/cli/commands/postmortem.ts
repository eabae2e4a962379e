import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Client,
  QueryNotRegisteredError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { DeskActionName, DeskAnswer, DeskPayload } from '../../../workflows/postmortem/desk.js';
import type { PostmortemView } from '../../../workflows/postmortem/types.js';
import type { RunStatus } from '../../../workflows/kit/types.js';
import { call } from '../../incidents/calls.js';
import { listOpen } from '../../incidents/find.js';
import { TemporalAway } from '../../incidents/port.js';
import { CliError, messageOf, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';
import { actor } from '../prepare.js';
import { withTemporal } from '../session.js';
import { oneLine } from '../watch/format.js';
import { answered, resolveId } from './incidentIds.js';
import { utc } from './incidentText.js';

export interface DeskOptions {
  file?: string;
  expectedRevision?: string;
  reason?: string;
  as?: string;
  requestId?: string;
}

const ANSWER_MS = 15_000;

const gone = (id: string, why: string) =>
  new CliError(
    `${id} ${why}. Open ones: belay postmortem list; start one: belay start postmortem --system … --incident …`,
  );

/** Asks a postmortem, open or closed. */
async function ask<T>(client: Client, id: string, query: 'status' | 'draft'): Promise<T> {
  try {
    return await answered(() => call(client, () => client.workflow.getHandle(id).query<T>(query)));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw gone(id, 'is not known');
    if (error instanceof QueryNotRegisteredError) throw gone(id, 'is no postmortem');
    throw error;
  }
}

const viewOf = (client: Client, id: string): Promise<RunStatus & { postmortem?: PostmortemView }> =>
  ask(client, id, 'status');

/** `belay postmortem list`. */
export async function postmortemList(io: Io, { system }: { system?: string }): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    const found = await answered(() =>
      listOpen(client, 'postmortem', { limit: 100, ...(system !== undefined && { system }) }),
    );
    const rows = await Promise.all(
      found.map(async ({ incident: id }) => ({ id, ...(await viewOf(client, id).catch(() => undefined))?.postmortem })),
    );
    print(io, rows, () =>
      rows.length === 0
        ? 'No open postmortems.'
        : table([
            ['DUE (UTC)', 'STAGE', 'MISSING', 'POSTMORTEM', 'TITLE'],
            ...rows.map(({ id, dueAt, stage, missing, title, breachedAt }) => [
              dueAt === undefined ? '?' : `${utc(dueAt)}${breachedAt === undefined ? '' : ' overdue'}`,
              ...[stage ?? '?', String(missing?.length ?? '?'), id, oneLine(title ?? '', 60)],
            ]),
          ]),
    );
    return exit.ok;
  });
}

/** `belay postmortem draft <postmortem>`: the text alone on standard output, so that it can be piped, edited and given back. */
export async function postmortemDraft(io: Io, wanted: string): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    const id = await resolveId(client, 'postmortem', wanted);
    const { postmortem } = await viewOf(client, id);
    const { revision, text } = await ask<{ revision: number; text: string }>(client, id, 'draft');
    if (revision === 0) throw new CliError(`${id} has no text yet; see: belay watch ${id}`, exit.refused);
    if (postmortem && !io.json) {
      const { stage, dueAt, missing } = postmortem;
      io.note(`${stage}, revision ${revision}, due ${utc(dueAt)} UTC, ${missing.length} things to be filled in`);
    }
    print(io, { postmortem: id, revision, text, ...(postmortem && { view: postmortem }) }, () => text);
    return exit.ok;
  });
}

function textFrom(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`--file: ${file} cannot be read (${messageOf(error)})`);
  }
}

function payloadOf(io: Io, options: DeskOptions, requestId: string): DeskPayload {
  const { file, expectedRevision, reason } = options;
  const revision = expectedRevision === undefined ? undefined : Number(expectedRevision);
  if (revision !== undefined && !Number.isInteger(revision))
    throw new UsageError('--expected-revision: a number, as `belay postmortem draft` prints it');
  return {
    ...{ actor: options.as ?? actor(io), requestId },
    ...(reason !== undefined && { reason }),
    ...(revision !== undefined && { expectedRevision: revision }),
    ...(file !== undefined && { text: textFrom(file) }),
  };
}

function explain(error: unknown, id: string, requestId: string): CliError {
  if (error instanceof WorkflowUpdateFailedError)
    return new CliError(`Refused: ${messageOf(error.cause ?? error)}`, exit.refused);
  if (error instanceof WorkflowNotFoundError) return gone(id, 'is not open');
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof TemporalAway)
    return new CliError(
      `No answer in time; whether it counts is not known. Repeat it with --request-id ${requestId}, which cannot count twice.`,
    );
  return new CliError(messageOf(error), exit.error, [], { cause: error });
}

/** `belay postmortem edit|submit|publish <postmortem>`: accepted 0, refused 3. */
export async function postmortemAct(
  io: Io,
  name: DeskActionName,
  wanted: string,
  options: DeskOptions,
): Promise<number> {
  const requestId = options.requestId ?? randomUUID();
  const payload = payloadOf(io, options, requestId);
  return withTemporal(io, async ({ client }) => {
    const id = await resolveId(client, 'postmortem', wanted);
    try {
      const update = { args: [payload] as [DeskPayload], updateId: requestId };
      const answer = await call(
        client,
        () => client.workflow.getHandle(id).executeUpdate<DeskAnswer, [DeskPayload]>(name, update),
        ANSWER_MS,
      );
      print(
        io,
        { postmortem: id, action: name, requestId, ...answer },
        () => `${answer.accepted ? 'Accepted' : 'Refused'}: ${answer.answer}`,
      );
      return answer.accepted ? exit.ok : exit.refused;
    } catch (error) {
      throw explain(error, id, requestId);
    }
  });
}
