import type { KubeObject } from '../model/objects.js';
import { redact } from '../../secrets/redact.js';
import { readField } from './fields.js';
import { groupOf, RESOURCES } from './resources.js';
import type { FieldChange, Json, Place } from './types.js';

/** A command line for a person, quoted for a POSIX shell. Pure. */
export function kubectl({ context }: Place, namespace: string, ...args: string[]): string {
  const where = [...(context === undefined ? [] : ['--context', context]), '-n', namespace];
  return redact(['kubectl', ...where, ...args].map(quoted).join(' '));
}

const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;

/**
 * The command that sets the same fields. A merge patch mixes objects, so what stands there and is not wanted is named as null; of an
 * object that could not be read only the wanted is known. Pure.
 */
export function commandFor(place: Place, { ref, fields }: FieldChange, live?: KubeObject): string {
  const replicas = fields['/spec/replicas'];
  const [only, ...others] = Object.keys(fields);
  if (typeof replicas === 'number' && only !== undefined && others.length === 0)
    return kubectl(place, ref.namespace, 'scale', `${ref.kind.toLowerCase()}/${ref.name}`, `--replicas=${replicas}`);
  const resource = `${RESOURCES[ref.kind].plural}.${groupOf(ref.kind)}`;
  const patch = JSON.stringify(mergePatch(fields, live));
  return kubectl(place, ref.namespace, 'patch', resource, ref.name, '--type=merge', '-p', patch);
}

/** RFC 7386. */
function mergePatch(fields: Record<string, Json>, live: KubeObject | undefined): Json {
  const root: { [key: string]: Json } = {};
  for (const [pointer, value] of Object.entries(fields)) {
    const keys = pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let at = root;
    for (const key of keys) {
      const next = at[key];
      at = isMap(next) ? next : (at[key] = {});
    }
    at[last] = merging(live === undefined ? null : readField(live, pointer), value);
  }
  return root;
}

/** The merge patch that makes `wanted` of `was`. */
function merging(was: Json, wanted: Json): Json {
  if (!isMap(was) || !isMap(wanted)) return wanted;
  const dropped = Object.keys(was).filter((key) => !Object.hasOwn(wanted, key));
  const kept = Object.entries(wanted).map(([key, value]): [string, Json] => [key, merging(was[key] ?? null, value)]);
  return Object.fromEntries([...kept, ...dropped.map((key): [string, Json] => [key, null])]);
}

const isMap = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
