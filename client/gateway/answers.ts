import { z } from 'zod';

/** Every answer that is not 2xx. */
export const problemSchema = z
  .object({
    code: z.string().describe('For machines, e.g. TOO_LARGE'),
    message: z.string().describe('For people: what is wrong and what to do'),
  })
  .meta({ id: 'Problem' });

const texts = {
  200: 'Done; the answer says what came of it.',
  202: 'Temporal has all of it.',
  400: 'The body is not what this path takes.',
  403: 'The sender is known, but may not do this.',
  404: 'There is nothing here, or the token is not the right one: both are answered alike.',
  408: 'The body took too long.',
  409: 'The incident refused it; the answer says why.',
  413: 'The body is too large, or holds too much.',
  415: 'The body must be application/json, not compressed.',
  429: 'Too much at a time; Retry-After says when to go on.',
  503: 'Not taken: Temporal is away, or too much comes at a time. Send it again; Retry-After says when.',
} as const;

export type Status = keyof typeof texts;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts definitions where they are referred to: within a larger document their references would lead nowhere. None of ours refers to itself. */
function inlined(node: unknown, definitions: Json): unknown {
  if (Array.isArray(node)) return node.map((entry) => inlined(entry, definitions));
  if (!isObject(node)) return node;
  const { $ref: reference, ...rest } = node;
  const named = typeof reference === 'string' ? definitions[reference.replace('#/$defs/', '')] : undefined;
  const own = Object.fromEntries(Object.entries(rest).map(([key, entry]) => [key, inlined(entry, definitions)]));
  const target = inlined(named, definitions);
  return isObject(target) ? { ...target, ...own } : own;
}

/** JSON Schema of a zod schema as OpenAPI 3.1 takes it: of what may be sent, or of what comes back. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12', reused: 'inline' });
  const { $schema: _dialect, $defs: definitions = {}, id: _id, ...rest } = made as Json;
  const whole = inlined(rest, isObject(definitions) ? definitions : {});
  return isObject(whole) ? whole : {};
}

/** Documentation of answers: `good` by their schemas, `bad` all alike. */
export function responses(good: Partial<Record<Status, z.ZodType>>, bad: readonly Status[]): Record<string, unknown> {
  const entry = (status: Status, schema: z.ZodType) => [
    status,
    { description: texts[status], content: { 'application/json': { schema: jsonSchema(schema, 'output') } } },
  ];
  const statuses = Object.entries(good) as unknown as [Status, z.ZodType][];
  return Object.fromEntries([
    ...statuses.map(([status, schema]) => entry(status, schema)),
    ...bad.map((status) => entry(status, problemSchema)),
  ]);
}
