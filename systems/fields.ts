import { z } from 'zod';

export const id = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must start with a letter and hold only a-z, 0-9 and "-"');

/** Where a secret value is found; the value itself is never part of a description. Resolved by activities in the worker. */
export const secretReference = z
  .string()
  .regex(/^(env:[A-Za-z_]\w*|file:\/.+|k8s:[^/#]+\/[^/#]+#.+|aws-sm:[^#]+#.+)$/, {
    error:
      'must be a reference: env:NAME, file:/path, k8s:namespace/name#key or aws-sm:id#key (never the secret itself)',
  });

export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

export const approvalPolicySchema = z.strictObject({
  required: z.boolean().default(false),
  approvers: z.array(z.string().min(1)).default([]).describe('Who may approve; anybody but the requester when empty'),
  minApprovals: z.int().min(1).max(5).default(1),
  expiresAfterSeconds: z
    .int()
    .min(10)
    .max(7 * 86_400)
    .default(1_800),
});
