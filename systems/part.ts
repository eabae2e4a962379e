import type { z } from 'zod';
import type { Path } from './problem.js';

export type Fields = Record<string, unknown>;

/** One object of a description. `parsed` only if the schema has nothing against it, so that one mistake hides no other. */
export interface Part<T = unknown> {
  path: Path;
  fields: Fields;
  parsed?: T;
}

/** A part that is known by the key under which it stands. */
export interface Named<T = unknown> extends Part<T> {
  id: string;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list, each judged by `schema` alone. */
export function list<T>(value: unknown, path: Path, schema?: z.ZodType<T>): Part<T>[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) => (isObject(entry) ? [part(entry, [...path, index], schema)] : []));
}

/** One value with what `schema` makes of it. */
export function part<T>(value: unknown, path: Path, schema?: z.ZodType<T>): Part<T> {
  const parsed = schema?.safeParse(value);
  return { path, fields: isObject(value) ? value : {}, ...(parsed?.success && { parsed: parsed.data }) };
}

/** The objects of a map, each judged by `schema` alone. */
export function entries<T>(value: unknown, path: Path, schema?: z.ZodType<T>): Named<T>[] {
  return Object.entries(isObject(value) ? value : {}).flatMap(([id, entry]) =>
    isObject(entry) ? [{ id, ...part(entry, [...path, id], schema) }] : [],
  );
}
