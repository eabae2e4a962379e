import { z } from 'zod';
import { systemSchema } from './schema.js';

/**
 * JSON Schema (draft 2020-12) of what people write in `systems/*.yaml`, for editors to complete and check. What spans several
 * fields (`crossCheck`) is not in it; `belay systems check` sees that too.
 */
export function systemJsonSchema(): Record<string, unknown> {
  return {
    title: 'Belay system description',
    ...z.toJSONSchema(systemSchema, { io: 'input', target: 'draft-2020-12' }),
  };
}

/** The text of `systems/schema.json`. */
export function systemJsonSchemaText(): string {
  return `${JSON.stringify(systemJsonSchema(), undefined, 2)}\n`;
}
