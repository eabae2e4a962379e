import { z } from 'zod';
import { id, secretReference } from './fields.js';

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'must be a header name: letters, digits and "-"');
const headerValue = z.string().regex(/^[\t\x20-\x7e]{0,1000}$/, 'must be one line of ASCII text');

/** One HTTP probe: passes when `times` answers in a row meet every expectation. */
export const httpCheckSchema = z.strictObject({
  name: z.string().min(1).max(80),
  endpoint: id.describe('Key of `endpoints`: the base URL'),
  path: z
    .string()
    .regex(/^\/[^\s#]*$/, 'must start with "/" and hold no space or "#"')
    .default('/'),
  method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
  headers: z.record(headerName, headerValue).optional().describe('Literal header values; no credentials'),
  secretHeaders: z.record(headerName, secretReference).optional().describe('Header values by secret reference'),
  expect: z
    .strictObject({
      status: z.array(z.int().min(100).max(599)).min(1).default([200]).describe('Status codes that pass'),
      bodyIncludes: z.string().min(1).optional().describe('Text that the body must hold'),
      json: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .describe('Dotted path in a JSON body → value it must have'),
      maxLatencyMs: z.int().min(1).max(60_000).default(2_000).describe('Slower answers do not pass'),
    })
    .prefault({}),
  times: z.int().min(1).max(50).default(3).describe('Passing answers in a row that count as healthy'),
  intervalSeconds: z.number().min(0.1).max(60).default(2).describe('Pause between two tries'),
  attempts: z.int().min(1).max(200).default(15).describe('Tries in all before the check has failed'),
  timeoutSeconds: z.number().min(0.1).max(60).default(5).describe('For one try'),
});
