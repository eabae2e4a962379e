import { readFileSync } from 'node:fs';
import { schemaAt } from '../fields.js';
import type { JsonSchema } from '../fields.js';
import { messageOf, UsageError } from './errors.js';

/** Temporal refuses payloads above 2 MB; nobody writes an input of that size by hand. */
const maxInputBytes = 1024 * 1024;

function parseJson(text: string, origin: string): unknown {
  if (Buffer.byteLength(text) > maxInputBytes) throw new UsageError(`${origin}: more than 1 MB of JSON`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${origin}: not JSON (${messageOf(error)})`);
  }
}

/** `--input`: JSON text, `-` for standard input, or a file. */
export function readInput(source: string | undefined): Record<string, unknown> {
  if (source === undefined) return {};
  const origin = `--input ${source.length > 60 ? `${source.slice(0, 60)}…` : source}`;
  let value: unknown;
  if (/^\s*[{[]/.test(source)) value = parseJson(source, origin);
  else {
    try {
      value = parseJson(readFileSync(source === '-' ? 0 : source, 'utf8'), origin);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(
        `${origin}: cannot be read (${messageOf(error)}). Give JSON, a file, or - for standard input`,
      );
    }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${origin}: the input must be one JSON object`);
  }
  return value as Record<string, unknown>;
}

/** Text becomes what the schema asks for at that place; what does not fit stays text, and validation names it. */
function valueFor(schema: JsonSchema | undefined, text: string): unknown {
  if (schema?.type === 'string' || schema?.enum) return text;
  if (schema?.type === 'array' && schema.items?.type === 'string' && !text.trim().startsWith('['))
    return text.split(',');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const keysOf = (path: string): string[] => path.split(/[.[\]]+/).filter((key) => key !== '');

/** Sets `path` in `target`, making the objects and lists on the way. */
function setPath(target: Record<string, unknown>, keys: string[], value: unknown): void {
  let at: Record<string, unknown> = target;
  for (const [index, key] of keys.entries()) {
    if (['__proto__', 'constructor', 'prototype'].includes(key)) throw new UsageError(`"${key}" is not a field`);
    if (index === keys.length - 1) at[key] = value;
    else {
      const next = keys[index + 1] ?? '';
      const found = at[key];
      const child = typeof found === 'object' && found !== null ? found : /^\d+$/.test(next) ? [] : {};
      at[key] = child;
      at = child as Record<string, unknown>;
    }
  }
}

/** Applies `--set path=value` to `input`, e.g. `changes[0].image=ghcr.io/acme/api:1.4.2`. */
export function applySets(input: Record<string, unknown>, sets: string[], schema: JsonSchema): void {
  for (const set of sets) {
    const cut = set.indexOf('=');
    const keys = keysOf(cut < 0 ? '' : set.slice(0, cut));
    if (keys.length === 0) throw new UsageError(`--set ${set}: write path=value, e.g. --set changes[0].image=…:1.4.2`);
    setPath(input, keys, valueFor(schemaAt(schema, keys), set.slice(cut + 1)));
  }
}

const camel = (flag: string): string => flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Applies the runbook's own flags (`--system intendly --bake-seconds 60 --dry-run`): every field at the top of the input is one. */
export function applyFlags(input: Record<string, unknown>, args: string[], schema: JsonSchema): void {
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const match = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(arg);
    const name = camel(match?.[1] ?? '');
    const property = schema.properties?.[name];
    if (!match || !property) {
      const known = Object.keys(schema.properties ?? {}).map((field) => `--${kebab(field)}`);
      throw new UsageError(`"${arg}" is not known here. Fields of this runbook: ${known.join(', ')}`);
    }
    if (match[2] !== undefined) input[name] = valueFor(property, match[2]);
    else if (property.type === 'boolean')
      input[name] = !['true', 'false'].includes(rest[0] ?? '') || rest.shift() === 'true';
    else {
      const value = rest.shift();
      if (value === undefined) throw new UsageError(`${arg} needs a value`);
      input[name] = valueFor(property, value);
    }
  }
}
