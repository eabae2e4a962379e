import { z } from 'zod';
import { approvalPolicySchema } from './fields.js';
import { httpCheckSchema } from './httpCheckSchema.js';

const name = z.string().min(1).max(253);

/** How a system is taken down in an emergency, and brought back. */
export const emergencyPolicySchema = z.strictObject({
  approval: approvalPolicySchema
    .prefault({ expiresAfterSeconds: 300 })
    .describe(
      'Of a shutdown; two people need minApprovals: 2. A break-glass start passes it by, and everybody is told',
    ),
  traffic: z
    .union([
      z.enum(['detach', 'leave']),
      z.strictObject({ service: name, port: z.int().min(1).max(65_535) }).describe('The maintenance backend'),
    ])
    .default('detach')
    .describe(
      'detach: routes are taken from their ingress class or gateway; a service: they lead to it; leave: only the pods go',
    ),
  drainSeconds: z.int().min(0).max(3_600).default(10).describe('For requests under way, after the routes are gone'),
  quiesce: z.array(httpCheckSchema).default([]).describe('Asked before the pods go, e.g. POST /admin/read-only'),
  lockSeconds: z.int().min(1).max(3_600).default(30).describe('For the clean end of runs that a shutdown pre-empts'),
  stopSeconds: z.int().min(5).max(3_600).default(120).describe('For the pods of one tier to go'),
  undescribed: z.enum(['stop', 'leave']).default('stop').describe('Workloads of the namespace that nothing describes'),
  keep: z.array(name).default([]).describe('Workloads that are never stopped'),
  gitops: z
    .array(
      z.strictObject({
        kind: z.enum(['Application', 'Kustomization', 'HelmRelease']),
        namespace: name,
        name,
      }),
    )
    .default([])
    .describe('What would undo a shutdown, beside what marks on the workloads lead to'),
  evidenceSeconds: z.int().min(1).max(600).default(30).describe('Longest wait for evidence before the pods go'),
  backupSeconds: z.int().min(10).max(86_400).default(1_800).describe('Longest wait for a backup before the pods go'),
  recovery: z
    .strictObject({
      readySeconds: z.int().min(5).max(7_200).default(300).describe('For one tier to become ready'),
      bakeSeconds: z.int().min(0).max(7_200).default(60).describe('How long health and smoke checks must hold'),
      trafficSteps: z
        .array(z.array(name).min(1))
        .default([])
        .describe('Names of routes, in the order in which traffic comes back; those not named come last'),
    })
    .prefault({}),
});
