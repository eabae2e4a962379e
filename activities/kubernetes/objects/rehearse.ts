import { randomBytes } from 'node:crypto';
import type { EngineContext, Files, Rehearsal } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import type { BackupRun } from '../../backup/types.js';
import type { Api } from './api.js';
import { clean } from './clean.js';
import { contentsOf } from './contents.js';
import { askServer, refusedError } from './dryRun.js';
import type { Kind, Thing } from './model.js';
import { move, type Moves, reversed } from './move.js';
import { createNamespace, deleteNamespace, THROWAWAY, throwawayLabel } from './namespaces.js';
import { readPayloads } from './payload.js';
import { place, type Placed } from './place.js';

const DELETE_MS = 60_000;
/** Kubernetes' own policy for pods of a namespace: the copy must be as strict. */
const POD_SECURITY = 'pod-security.kubernetes.io/';

export const NAMESPACE_KIND: Kind = {
  apiVersion: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  statusApart: true,
};

/** Shows every object to the server, and creates the inert ones in throwaway namespaces. */
export async function rehearse(api: Api, files: Files, context: EngineContext): Promise<Rehearsal> {
  const { things, namespaces, problems } = await readPayloads(files);
  if (problems.length > 0)
    throw backupError('RestoreError', `The backup cannot be read: ${problems.slice(0, 5).join('; ')}.`);
  const suffix = randomBytes(4).toString('hex');
  const moves: Moves = new Map(namespaces.map((name, at) => [name, `belay-rehearsal-${suffix}-${at + 1}`]));
  const made: Thing[] = [];
  const close = () => removeAll(api, made);
  try {
    const started = Date.now();
    const spaces = things.filter((thing) => thing.kind === 'Namespace');
    const answers: Thing[] = [];
    for (const space of spaces) {
      answers.push(await validated(api, move(space, moves)));
      made.push(await makeThrowaway(api, move(space, moves), context.run));
    }
    const rest = things.filter((thing) => thing.kind !== 'Namespace');
    const placed = await place(api, rest, moves, 'throwaway');
    const seen = await placed.things();
    const all = [...answers.map((one) => move(clean(one, true), reversed(moves))), ...seen.things];
    return rehearsal(placed, all, seen.differences, Date.now() - started, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function rehearsal(
  placed: Placed,
  things: readonly Thing[],
  differences: string[],
  restore: number,
  close: () => Promise<void>,
): Rehearsal {
  return {
    contents: async (hashes) => contentsOf(things, hashes),
    examine: async () => differences,
    smoke: async () => [],
    timings: { restore, ...placed.timings },
    close,
  };
}

/** What the server would make of a Namespace. */
export async function validated(api: Api, space: Thing): Promise<Thing> {
  const answer = await askServer(api, NAMESPACE_KIND, space);
  if (answer.how === 'refused' || answer.how === 'later')
    throw refusedError([{ why: answer.why, forbidden: answer.how === 'refused' && answer.forbidden }]);
  // An earlier attempt of this run has made it, with our tag.
  if (answer.how === 'exists') return space;
  return { ...answer.thing, apiVersion: 'v1', kind: 'Namespace' };
}

function makeThrowaway(api: Api, space: Thing, run: BackupRun): Promise<Thing> {
  const labels = Object.fromEntries(
    Object.entries(space.metadata.labels ?? {}).filter(([key]) => key.startsWith(POD_SECURITY)),
  );
  const tag = { label: THROWAWAY, value: throwawayLabel(run) };
  return createNamespace(api, { metadata: { name: space.metadata.name, labels } }, tag, run);
}

/** Also after a cancellation. What is left is found by the sweep. */
async function removeAll(api: Api, made: Thing[]): Promise<void> {
  const own = api.detached(DELETE_MS);
  await Promise.allSettled(made.map((namespace) => deleteNamespace(own, namespace, DELETE_MS)));
}
