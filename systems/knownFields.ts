import { z } from 'zod';
import type { Path } from './problem.js';

interface Shape {
  properties?: Record<string, Shape>;
  additionalProperties?: Shape | boolean;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  allOf?: Shape[];
}

const shapes = new WeakMap<z.ZodType, Shape>();

/** Names of the fields that the schema knows for the object at `path`; of all variants where there are several. */
export function knownFields(schema: z.ZodType, path: Path): string[] {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
    shapes.set(schema, shape);
  }
  let at = variants(shape);
  for (const key of path) at = at.flatMap((one) => step(one, key)).flatMap(variants);
  return [...new Set(at.flatMap((one) => Object.keys(one.properties ?? {})))];
}

function step(shape: Shape, key: string | number): Shape[] {
  if (typeof key === 'number') return shape.items === undefined ? [] : [shape.items];
  const named = shape.properties?.[key];
  if (named !== undefined) return [named];
  return typeof shape.additionalProperties === 'object' ? [shape.additionalProperties] : [];
}

function variants(shape: Shape): Shape[] {
  const inner = [...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])];
  return [shape, ...inner.flatMap(variants)];
}
