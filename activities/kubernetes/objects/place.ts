import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../../backup/errors.js';
import { isStatus } from '../api/apiError.js';
import { MANAGER } from '../write/annotations.js';
import { type Api, inParallel } from './api.js';
import { clean } from './clean.js';
import { isSame } from './contents.js';
import { discover } from './discovery.js';
import { askServer, refusal, refusedError, type Answered } from './dryRun.js';
import { type Kind, kindName, listIn, mapIn, nameOfThing, pathOf, type Thing } from './model.js';
import { move, type Moves, reversed } from './move.js';
import { inRestoreOrder } from './order.js';
import { type Mode, planFor } from './plan.js';

const AT_ONCE = 6;
const ESTABLISHED_MS = 30_000;

/** One object on its way into the cluster. */
interface Passage {
  /** As in the backup. */
  saved: Thing;
  /** The same in its new namespace. */
  moved: Thing;
  answer?: Answered;
  /** What we asked for, and what the server has made of it. */
  stored?: { asked: Thing; got: Thing };
  note?: string;
}

export interface Placed {
  notes: string[];
  /** What the cluster keeps or would keep, clean and in the names of the backup; read back now. */
  things(): Promise<{ things: Thing[]; differences: string[] }>;
  timings: { validate: number; store: number };
}

/**
 * Brings objects (other than Namespaces, which must exist) into the cluster. First every one is shown to the server by a dry run;
 * only when it would take all of them, those that the mode allows are created, in restore order. Nothing that exists is overwritten.
 * Throws `RestoreError` or `Forbidden` with the refusals.
 */
export async function place(api: Api, things: readonly Thing[], moves: Moves, mode: Mode): Promise<Placed> {
  const started = Date.now();
  let kinds = await kindsByName(api);
  const kindOf = (thing: Thing) => kinds.get(`${thing.apiVersion} ${thing.kind}`);
  const passages: Passage[] = inRestoreOrder(things).map((saved) => ({ saved, moved: move(saved, moves) }));
  const ask = async (passage: Passage): Promise<void> => {
    passage.answer = await askServer(api, kindOf(passage.moved), passage.moved);
    api.progress(`dry run of ${nameOfThing(passage.saved)}`);
  };
  await inParallel(passages, AT_ONCE, ask);
  const bringsKind = new Set(mode === 'throwaway' ? [] : passages.flatMap(({ saved }) => definedKind(saved)));
  refuseAll(
    passages,
    ({ saved, answer }) => answer?.how === 'later' && (kindName(saved) === 'Pod' || bringsKind.has(kindName(saved))),
  );
  const validated = Date.now();
  for (const passage of passages) {
    if (passage.answer?.how === 'later') await ask(passage);
    refuseAll([passage], () => false);
    const { store, note } = planFor(passage.moved, mode);
    if (note !== undefined) passage.note = note;
    const kind = kindOf(passage.moved);
    if (!store || !kind) continue;
    await create(api, kind, store, passage);
    if (definedKind(store).length > 0 && passage.stored) {
      await established(api, kind, store.metadata.name);
      kinds = await kindsByName(api);
    }
  }
  return {
    notes: passages.flatMap(({ note }) => (note === undefined ? [] : [note])),
    timings: { validate: validated - started, store: Date.now() - validated },
    things: async () => {
      const back = reversed(moves);
      const differences: string[] = [];
      const found = await inParallel(passages, AT_ONCE, async (passage) => {
        const kind = kindOf(passage.moved);
        const seen = kind && (await kept(api, kind, passage));
        if (!seen) differences.push(`${nameOfThing(passage.saved)} is not in the cluster as it was put there`);
        return seen && move(clean(seen, kind.statusApart), back);
      });
      return { things: found.filter((thing) => thing !== undefined), differences };
    },
  };
}

/**
 * What stands for an object in a comparison. One that was created must still be there, and the server must have stored it as it was
 * asked; then its answer to the whole object speaks for it. What controllers have added since is theirs. An object that existed
 * before is not ours to compare.
 */
async function kept(api: Api, kind: Kind, { moved, answer, stored }: Passage): Promise<Thing | undefined> {
  const whole = answer?.how === 'taken' ? withKind(answer.thing, moved) : moved;
  if (!stored) return whole;
  try {
    const { asked, got } = stored;
    const seen = withKind(await api.get<Thing>(pathOf(kind, asked.metadata.namespace, asked.metadata.name)), moved);
    if (seen.metadata['uid'] !== got.metadata['uid']) return seen;
    return isSame(clean(got, kind.statusApart), clean(asked, kind.statusApart)) ? whole : got;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

const withKind = (thing: Thing, { apiVersion, kind }: Thing): Thing => ({ ...thing, apiVersion, kind });

async function kindsByName(api: Api): Promise<Map<string, Kind>> {
  const { kinds } = await discover(api);
  return new Map(kinds.map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind]));
}

/** Kinds that a definition brings with it. */
function definedKind(thing: Thing): string[] {
  if (kindName(thing) !== 'CustomResourceDefinition.apiextensions.k8s.io') return [];
  const spec = mapIn(thing['spec']);
  return [`${String(mapIn(spec['names'])['kind'])}.${String(spec['group'])}`];
}

function refuseAll(passages: readonly Passage[], tolerated: (passage: Passage) => boolean): void {
  const refusals = passages.flatMap((passage) => {
    const { answer } = passage;
    if (tolerated(passage)) return [];
    if (answer?.how === 'refused') return [answer];
    return answer?.how === 'later' ? [{ why: `${nameOfThing(passage.saved)}: ${answer.why}`, forbidden: false }] : [];
  });
  if (refusals.length > 0) throw refusedError(refusals);
}

/** Creates an object; never overwrites one. The default service account, which every namespace gets by itself, is completed. */
async function create(api: Api, kind: Kind, store: Thing, passage: Passage): Promise<void> {
  const path = pathOf(kind, store.metadata.namespace);
  const query = { fieldManager: MANAGER };
  try {
    const { body } = await api.ask<Thing>({ method: 'POST', path, query, body: store });
    passage.stored = { asked: store, got: withKind(body, store) };
  } catch (error) {
    if (!isStatus(error, 409)) {
      const answer = refusal(error, store);
      throw refusedError([answer.how === 'refused' ? answer : { why: answer.why, forbidden: false }]);
    }
    await meet(api, kind, store, passage);
  }
  api.progress(`created ${nameOfThing(store)}`);
}

async function meet(api: Api, kind: Kind, store: Thing, passage: Passage): Promise<void> {
  const path = pathOf(kind, store.metadata.namespace, store.metadata.name);
  if (kindName(store) === 'ServiceAccount' && store.metadata.name === 'default') {
    const query = { fieldManager: MANAGER, force: true };
    const contentType = 'application/apply-patch+yaml';
    const { body } = await api.ask<Thing>({ method: 'PATCH', path, query, contentType, body: store });
    passage.stored = { asked: store, got: withKind(body, store) };
    return;
  }
  const there = withKind(await api.get<Thing>(path), store);
  // The answer to our own earlier request was lost, or an earlier attempt of this run was cut.
  if (isSame(clean(there, kind.statusApart), clean(store, kind.statusApart)))
    passage.stored = { asked: store, got: there };
  else passage.note = `${nameOfThing(store)} existed already with other contents, and was left as it is`;
}

async function established(api: Api, kind: Kind, name: string): Promise<void> {
  const end = Date.now() + ESTABLISHED_MS;
  for (;;) {
    const definition = await api.get<Thing>(pathOf(kind, undefined, name));
    const conditions = listIn(mapIn(definition['status'])['conditions']);
    if (conditions.some((one) => one['type'] === 'Established' && one['status'] === 'True')) return;
    if (Date.now() >= end)
      throw backupError(
        'RestoreError',
        `CustomResourceDefinition ${name} was created but is not established; its status says why.`,
      );
    await sleep(200, undefined, { signal: api.signal });
  }
}
