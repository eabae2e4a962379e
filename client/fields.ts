import { z } from 'zod';
import type { Runbook } from '../workflows/kit/runbook.js';

/** The part of JSON Schema that describing input needs. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** One line of a field table. `path` is e.g. `changes[].image`. */
export interface Field {
  path: string;
  type: string;
  required: boolean;
  default?: unknown;
  description: string;
}

/** JSON Schema of what a person writes: fields with a default are optional. */
export function inputSchema(runbook: Runbook): JsonSchema {
  return z.toJSONSchema(runbook.input, { io: 'input' }) as JsonSchema;
}

const range = (low: number | undefined, high: number | undefined, unit = ''): string => {
  if (low !== undefined && high !== undefined) return ` ${low} to ${high}${unit}`;
  if (low !== undefined) return ` from ${low}${unit}`;
  return high === undefined ? '' : ` up to ${high}${unit}`;
};

/** A type in words: `text up to 500 characters`, `fail | wait`, `integer 0 to 7200`. */
export function typeInWords(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map(typeInWords).join(' | ');
  switch (schema.type) {
    case 'string':
      return `text${range(undefined, schema.maxLength, ' characters')}`;
    case 'array':
      return `list of ${schema.items ? typeInWords(schema.items) : 'anything'}`;
    case 'object':
      return schema.properties ? `{ ${Object.keys(schema.properties).join(', ')} }` : 'object';
    case 'integer':
    case 'number':
      return `${schema.type}${range(schema.minimum, schema.maximum)}`;
    default:
      return schema.type ?? 'anything';
  }
}

/** Every field of an object schema, nested ones after their parent. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const field: Field = {
      path,
      type: typeInWords(property),
      required: (schema.required ?? []).includes(name),
      ...(property.default === undefined ? {} : { default: property.default }),
      description: property.description ?? '',
    };
    const inner = property.type === 'array' ? property.items : property;
    const mark = property.type === 'array' ? '[].' : '.';
    return [field, ...(inner?.properties ? fieldsOf(inner, `${path}${mark}`) : [])];
  });
}

/** Schema of the value at a path such as `changes[0].image`, if the schema knows it. */
export function schemaAt(schema: JsonSchema | undefined, path: string[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>(
    (at, key) => (/^\d+$/.test(key) ? at?.items : at?.properties?.[key]),
    schema,
  );
}
