import type { SourceOf } from '../../../systems/backupSchema.js';
import type { Copy, Engine, EngineContext, Files } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { ApiError } from '../api/apiError.js';
import { rightOf } from '../api/failure.js';
import type { Api } from './api.js';
import { clean } from './clean.js';
import { namespacesOf } from './collect.js';
import { contentsOf } from './contents.js';
import { nameOfThing, pathOf, type Thing } from './model.js';
import { move, type Moves, movesInto, reversed } from './move.js';
import { createNamespace, deleteNamespace, readNamespace, RESTORED, runOf } from './namespaces.js';
import { readPayloads } from './payload.js';
import { place } from './place.js';
import { ASLEEP, type Mode } from './plan.js';
import { NAMESPACE_KIND, validated } from './rehearse.js';

type Source = SourceOf<'kubernetes'>;

export const NO_SWAP =
  'A namespace cannot be renamed. Restore to a new name and take what is needed from there; or, when the namespace is gone, restore to its own name.';

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DELETE_MS = 60_000;
const MAX_NOTES = 50;

/**
 * Into its own name (only when the namespace is gone): everything, awake. Into another one: a copy that sleeps, because it must not
 * act beside what is live. Never overwrites; namespaces that this call made are removed again when it fails.
 */
export async function restore(
  api: Api,
  source: Source,
  files: Files,
  into: string,
  context: EngineContext,
): Promise<Copy> {
  const { things, namespaces, problems } = await readPayloads(files);
  if (problems.length > 0)
    throw backupError('RestoreError', `The backup cannot be read: ${problems.slice(0, 5).join('; ')}.`);
  const { moves, mode } = target(source, namespaces, into, context);
  for (const name of moves.values()) requireName(name);
  const made: Thing[] = [];
  try {
    const spaces: { answer: Thing; stored: Thing }[] = [];
    for (const saved of things.filter((thing) => thing.kind === 'Namespace')) {
      const space = move(saved, moves);
      const answer = await validated(api, space);
      const before = await readNamespace(api, space.metadata.name);
      const stored = await createNamespace(api, space, { label: RESTORED, value: into }, context.run);
      if (!before) made.push(stored);
      spaces.push({ answer, stored });
    }
    const placed = await place(
      api,
      things.filter((thing) => thing.kind !== 'Namespace'),
      moves,
      mode,
    );
    const asleep = `Workloads have no pods and jobs are suspended; annotation ${ASLEEP} tells what they had.`;
    const notes = [...(mode === 'asleep' ? [asleep] : []), ...placed.notes];
    return {
      contents: async (hashes) => {
        const seen = await placed.things();
        const own = await Promise.all(spaces.map((one) => keptNamespace(api, one, moves)));
        return contentsOf([...own.filter((one) => one !== undefined), ...seen.things], hashes);
      },
      notes: notes.length > MAX_NOTES ? [...notes.slice(0, MAX_NOTES), `and ${notes.length - MAX_NOTES} more`] : notes,
      timings: placed.timings,
      close: async () => undefined,
    };
  } catch (error) {
    const own = api.detached(DELETE_MS);
    await Promise.allSettled(made.map((namespace) => deleteNamespace(own, namespace, DELETE_MS)));
    throw error;
  }
}

function target(source: Source, namespaces: readonly string[], into: string, context: EngineContext) {
  const own = namespaces.length === 1 ? namespaces[0] === into : into === source.name;
  const moves: Moves = own ? new Map(namespaces.map((name) => [name, name])) : movesInto(namespaces, into);
  const live = new Set([...namespaces, ...namespacesOf(source, context)]);
  if (!own && [...moves.values()].some((name) => live.has(name)))
    throw backupError('NameTaken', `${into} would write into a namespace of the source itself. Choose another name.`);
  const mode: Mode = own ? 'awake' : 'asleep';
  return { moves, mode };
}

async function keptNamespace(
  api: Api,
  { answer, stored }: { answer: Thing; stored: Thing },
  moves: Moves,
): Promise<Thing | undefined> {
  const live = await readNamespace(api, stored.metadata.name);
  if (live?.metadata['uid'] !== stored.metadata['uid']) return undefined;
  return move(clean(answer, NAMESPACE_KIND.statusApart), reversed(moves));
}

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw backupError(
    'Unsupported',
    `"${name}" cannot be the name of a namespace: give lower-case letters, digits and "-", at most 63.`,
  );
}

/** Read-only (dry runs). */
export async function inspectRestore(
  api: Api,
  source: Source,
  into: string,
  context: EngineContext,
): ReturnType<NonNullable<Engine<'kubernetes'>['inspectRestore']>> {
  const namespaces = namespacesOf(source, context);
  const liveName = namespaces.join(', ');
  const problems: string[] = [];
  let names: string[] = [];
  try {
    names = [...target(source, namespaces, into, context).moves.values()];
    for (const name of names) requireName(name);
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)], liveName, warnings: [] };
  }
  for (const name of names) {
    const there = await readNamespace(api, name);
    if (there && there.metadata.annotations?.['belay.dev/run'] !== runOf(context.run))
      problems.push(
        `${nameOfThing({ ...there, apiVersion: 'v1', kind: 'Namespace' })} exists already; choose another name.`,
      );
    if (!there) problems.push(...(await mayCreate(api, name)));
  }
  return { problems, liveName, warnings: [NO_SWAP] };
}

async function mayCreate(api: Api, name: string): Promise<string[]> {
  try {
    const body = { metadata: { name } };
    await api.ask({ method: 'POST', path: pathOf(NAMESPACE_KIND), query: { dryRun: 'All' }, body });
    return [];
  } catch (error) {
    if (!(error instanceof ApiError) || ![403, 422].includes(error.status)) throw error;
    return [`The worker may not ${rightOf(error.call)}; grant it as deploy/rbac/backup.yaml does.`];
  }
}
