import { kindName, listIn, mapIn, type Thing } from './model.js';

/** Old name of a namespace → new one. */
export type Moves = ReadonlyMap<string, string>;

/** Names of the namespaces of a copy: `into` itself for one, `<into>-<namespace>` for several. Pure. */
export function movesInto(namespaces: readonly string[], into: string): Moves {
  const [only] = namespaces;
  if (namespaces.length === 1 && only !== undefined) return new Map([[only, into]]);
  return new Map(namespaces.map((name) => [name, `${into}-${name}`]));
}

export const reversed = (moves: Moves): Moves => new Map([...moves].map(([from, to]) => [to, from]));

/** The object in its new namespace, with the subjects of role bindings that are meant. Pure. */
export function move(thing: Thing, moves: Moves): Thing {
  const { metadata } = thing;
  const to = metadata.namespace === undefined ? undefined : moves.get(metadata.namespace);
  const moved: Thing = to === undefined ? thing : { ...thing, metadata: { ...metadata, namespace: to } };
  switch (kindName(thing)) {
    case 'Namespace':
      return { ...moved, metadata: { ...metadata, name: moves.get(metadata.name) ?? metadata.name } };
    case 'RoleBinding.rbac.authorization.k8s.io':
    case 'ClusterRoleBinding.rbac.authorization.k8s.io':
      return Array.isArray(thing['subjects']) ? { ...moved, subjects: moveSubjects(thing['subjects'], moves) } : moved;
    case 'PersistentVolume': {
      const spec = mapIn(thing['spec']);
      const claim = mapIn(spec['claimRef']);
      const target = moves.get(String(claim['namespace']));
      return target === undefined ? moved : { ...moved, spec: { ...spec, claimRef: { ...claim, namespace: target } } };
    }
    default:
      return moved;
  }
}

const GROUP = 'system:serviceaccounts:';

function moveSubjects(subjects: unknown, moves: Moves): Record<string, unknown>[] {
  return listIn(subjects).map((subject) => {
    const name = String(subject['name']);
    if (subject['kind'] === 'Group' && name.startsWith(GROUP)) {
      const to = moves.get(name.slice(GROUP.length));
      return to === undefined ? subject : { ...subject, name: `${GROUP}${to}` };
    }
    const to = moves.get(String(subject['namespace']));
    return to === undefined ? subject : { ...subject, namespace: to };
  });
}
