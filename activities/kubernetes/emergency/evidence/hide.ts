import type { Json } from '../types.js';

/** What becomes of the strings of a pod. */
export interface Strings {
  /** A value that may be a secret, by its place: env, arguments, annotations … */
  hidden(value: string): string;
  /** Any other text, e.g. a message of the kubelet. */
  text(value: string): string;
}

export const HIDDEN = '***';

/** Names by which the object and its parts are found; they pass as they are. */
const NAMES = new Set('name namespace uid nodeName kind apiVersion type phase key resourceVersion'.split(' '));

/** Maps of which only the keys are kept: drivers and tools take passwords there. */
const HIDDEN_MAPS = new Set(['annotations', 'volumeAttributes', 'options']);

/** Annotations whose values say when and how, and never hold a secret. */
const OPEN_ANNOTATIONS = new Set([
  'kubectl.kubernetes.io/restartedAt',
  'kubectl.kubernetes.io/default-container',
  'kubernetes.io/config.hash',
  'kubernetes.io/config.source',
  'cluster-autoscaler.kubernetes.io/safe-to-evict',
]);

const FLAG = '--?[A-Za-z][\\w.-]{0,60}';
const FLAG_WITH_VALUE = new RegExp(`^(${FLAG}=)(.*)$`, 's');
const FLAG_ALONE = /^(?:--[A-Za-z][\w.-]{0,60}|-[A-Za-z])$/;
/** `-pVALUE`, as some clients of databases take a password. */
const SHORT_WITH_VALUE = /^(-[A-Za-z])(.+)$/s;
const PROGRAM = /^[\w./-]{1,200}$/;

/**
 * A copy of a pod (spec and status) in which everything that may be a secret by its place went through `strings.hidden`: values of env
 * variables and HTTP headers, command lines but for the program and the names of flags, annotations, options of volume drivers, queries of
 * URLs. References to Secrets stay, as they are names. Managed fields are left out. Pure, but for what `strings` does.
 */
export function copyObject(pod: unknown, strings: Strings): Json {
  return copy(pod, '', strings);
}

function copy(value: unknown, key: string, strings: Strings): Json {
  if (typeof value === 'string') return copyText(value, key, strings);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    if (key === 'command' || key === 'args')
      return value.map((one, index) => argument(String(one), key === 'command' && index === 0, strings));
    if (key === 'env' || key === 'httpHeaders') return value.map((one) => copyNamed(one, strings));
    return value.map((one) => copy(one, typeof one === 'string' ? key : '', strings));
  }
  if (typeof value !== 'object' || value === null) return null;
  const hides = HIDDEN_MAPS.has(key);
  const entries = Object.entries(value).filter(([name]) => name !== 'managedFields');
  return Object.fromEntries(
    entries.map(([name, one]) => {
      if (hides && typeof one === 'string' && !OPEN_ANNOTATIONS.has(name)) return [name, strings.hidden(one)];
      return [name, copy(one, name, strings)];
    }),
  );
}

function copyText(value: string, key: string, strings: Strings): string {
  if (NAMES.has(key)) return value;
  const query = key === 'path' ? value.indexOf('?') : -1;
  if (query < 0) return strings.text(value);
  return `${strings.text(value.slice(0, query))}?${strings.hidden(value.slice(query + 1))}`;
}

/** An env variable or a header: name and source stay, a plain value does not. */
function copyNamed(entry: unknown, strings: Strings): Json {
  const { value, ...rest } = (entry ?? {}) as Record<string, unknown>;
  const kept = Object.entries(rest).map(([name, one]) => [name, copy(one, name, strings)] as const);
  return {
    ...Object.fromEntries(kept),
    ...(typeof value === 'string' && value !== '' ? { value: strings.hidden(value) } : {}),
  };
}

/** Enough of a command line to see which program ran, and how it was asked. */
function argument(text: string, first: boolean, strings: Strings): string {
  if (first && PROGRAM.test(text)) return strings.text(text);
  if (FLAG_ALONE.test(text)) return strings.text(text);
  const [, flag = '', value = ''] = FLAG_WITH_VALUE.exec(text) ?? SHORT_WITH_VALUE.exec(text) ?? [];
  return flag + strings.hidden(flag === '' ? text : value);
}
