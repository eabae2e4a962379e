import type { SourceOf } from '../../../systems/backupSchema.js';
import type { EngineContext } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { ApiError, isStatus } from '../api/apiError.js';
import { rightOf } from '../api/failure.js';
import type { KubeList } from '../model/objects.js';
import { type Api, inParallel } from './api.js';
import { belongs } from './belongs.js';
import { clean } from './clean.js';
import { discover } from './discovery.js';
import { type Kind, kindName, nameOfThing, pathOf, type Thing } from './model.js';
import { inRestoreOrder } from './order.js';
import { skips, skipsKind } from './skip.js';

const PAGE = 250;
const AT_ONCE = 4;
const MAX_RELISTS = 3;

type Source = SourceOf<'kubernetes'>;

/** One list as the server gave it: all its pages are of this resourceVersion. */
export interface Listed {
  kind: string;
  namespace?: string;
  resourceVersion: string;
  items: number;
}

export interface Collection {
  /** Clean, in restore order. */
  things: Thing[];
  lists: Listed[];
  excluded: { name: string; why: string }[];
  /** Server's clock before the first list, ISO. */
  at: string;
}

/** Namespaces of a source: its own list, or the system's. Throws `NotFound` when there are neither. */
export function namespacesOf(source: Source, context: Pick<EngineContext, 'namespace'>): string[] {
  const names =
    source.namespaces.length > 0 ? source.namespaces : [context.namespace].filter((one) => one !== undefined);
  if (names.length > 0) return [...new Set(names)];
  throw backupError(
    'NotFound',
    `Source ${source.name} names no namespace. Add namespaces to it, or kubernetes.namespace to the system.`,
  );
}

/** Kinds that are saved: of namespaces, and outside of them. */
export async function kindsToSave(api: Api, source: Source) {
  const { kinds, silent } = await discover(api);
  const skipped = kinds.flatMap((kind) => {
    const why = skipsKind(kind, source.excludeKinds);
    return why === undefined ? [] : [{ kind, why }];
  });
  const wanted = kinds.filter((kind) => !skipped.some((one) => one.kind === kind));
  const unknown = source.clusterKinds.filter((name) => !kinds.some((kind) => !kind.namespaced && isNamed(kind, name)));
  return {
    kinds,
    namespaced: wanted.filter((kind) => kind.namespaced),
    cluster: wanted.filter((kind) => !kind.namespaced && source.clusterKinds.some((name) => isNamed(kind, name))),
    unknown,
    excluded: [
      ...skipped.filter(({ kind }) => kind.namespaced).map(({ kind, why }) => ({ name: kindName(kind), why })),
      ...silent.map(({ group, why }) => ({ name: `all kinds of ${group}`, why })),
    ],
  };
}

const isNamed = (kind: Kind, name: string): boolean => kind.kind === name || kindName(kind) === name;

/** Reads everything that belongs to the source. Lists are consistent in themselves; there is no snapshot across kinds. */
export async function collect(api: Api, source: Source, namespaces: readonly string[]): Promise<Collection> {
  const at = await serverTime(api);
  const chosen = await kindsToSave(api, source);
  const lists: Listed[] = [];
  const things: Thing[] = [];
  const left = new Map<string, number>();
  const take = (kind: Kind, namespace: string | undefined, { items, resourceVersion }: Read): Thing[] => {
    lists.push({ kind: kindName(kind), ...(namespace ? { namespace } : {}), resourceVersion, items: items.length });
    return items.flatMap((item) => {
      // Items of a list carry neither kind nor version.
      const thing: Thing = { ...item, apiVersion: kind.apiVersion, kind: kind.kind };
      const why = skips(thing);
      if (why === undefined) return [clean(thing, kind.statusApart)];
      const key = `${namespace === undefined ? '' : `${namespace}/`}${kindName(kind)}\n${why}`;
      left.set(key, (left.get(key) ?? 0) + 1);
      return [];
    });
  };
  for (const name of namespaces) things.push(await readNamespace(api, name));
  const jobs = namespaces.flatMap((namespace) => chosen.namespaced.map((kind) => ({ kind, namespace })));
  for (const found of await inParallel(jobs, AT_ONCE, async ({ kind, namespace }) =>
    take(kind, namespace, await list(api, kind, namespace)),
  ))
    things.push(...found);
  const outside = (
    await inParallel(chosen.cluster, AT_ONCE, async (kind) => take(kind, undefined, await list(api, kind)))
  ).flat();
  for (let count = -1; count !== things.length;) {
    count = things.length;
    const known = new Set(things.map(nameOfThing));
    things.push(...outside.filter((thing) => !known.has(nameOfThing(thing)) && belongs(thing, things, namespaces)));
  }
  const excluded = [...left].map(([key, count]) => {
    const [name = '', why = ''] = key.split('\n');
    return { name: `${name} (${count})`, why };
  });
  return { things: inRestoreOrder(things), lists, excluded: [...chosen.excluded, ...excluded], at };
}

async function serverTime(api: Api): Promise<string> {
  return (await api.ask({ path: '/version' })).serverTime.toISOString();
}

async function readNamespace(api: Api, name: string): Promise<Thing> {
  try {
    const thing = await api.get<Thing>(`/api/v1/namespaces/${encodeURIComponent(name)}`);
    return clean({ ...thing, apiVersion: 'v1', kind: 'Namespace' }, true);
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    throw backupError(
      'NotFound',
      `Namespace ${name} does not exist in context ${api.clients.context}. Correct the system's description.`,
    );
  }
}

interface Read {
  items: Thing[];
  resourceVersion: string;
}

/** All pages of one list. When the server has forgotten the list's version half-way, it is read anew. */
export async function list(api: Api, kind: Kind, namespace?: string): Promise<Read> {
  const path = pathOf(kind, namespace);
  for (let tries = 1; ; tries++) {
    const items: Thing[] = [];
    let page: string | undefined;
    try {
      for (;;) {
        const answer = await api.get<KubeList<Thing>>(path, { limit: PAGE, continue: page });
        items.push(...answer.items);
        page = answer.metadata.continue === '' ? undefined : answer.metadata.continue;
        api.progress(`${kindName(kind)}: ${items.length} read`);
        if (page === undefined) return { items, resourceVersion: answer.metadata.resourceVersion ?? '' };
      }
    } catch (error) {
      // The definition of a custom resource was deleted since discovery: then there are none.
      if (isStatus(error, 404)) return { items: [], resourceVersion: '' };
      if (!isStatus(error, 410) || tries >= MAX_RELISTS) throw error;
    }
  }
}

/** Rights to list that are missing, e.g. `list secrets`. */
export async function missingLists(
  api: Api,
  kinds: readonly Kind[],
  namespaces: readonly (string | undefined)[],
): Promise<string[]> {
  const jobs = namespaces.flatMap((namespace) => kinds.map((kind) => ({ kind, namespace })));
  const missing = await inParallel(jobs, AT_ONCE, async ({ kind, namespace }) => {
    try {
      await api.get(pathOf(kind, namespace), { limit: 1 });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || ![403, 404].includes(error.status)) throw error;
      return error.status === 404
        ? undefined
        : `${rightOf(error.call)}${namespace === undefined ? '' : ` in ${namespace}`}`;
    }
  });
  return missing.filter((one) => one !== undefined);
}
