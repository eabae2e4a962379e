import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { busy, common, commonFailures, incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

const count = z.int().min(0).max(5_000);

export const scaleInput = z.strictObject({
  ...common,
  incident,
  workload: z.string().trim().min(1).max(253).describe('A described Deployment or StatefulSet'),
  replicas: z
    .union([count, z.strictObject({ min: z.int().min(1).max(5_000), max: z.int().min(1).max(5_000) })])
    .describe('So many pods; or, for a workload with an autoscaler, its bounds'),
  allowZero: z.boolean().default(false).describe('Needed to scale to 0, which stops the workload'),
  overrideAutoscaler: z.boolean().default(false).describe('Set replicas although an autoscaler may change them again'),
  timeoutSeconds: z.int().min(5).max(7_200).default(600).describe('For the pods to become ready, or to go'),
  ...busy,
  requireApproval: z.boolean().default(false),
});

export type ScaleInput = z.output<typeof scaleInput>;

function crossCheck({ workload, replicas, allowZero }: ScaleInput, system: System): InputProblem[] {
  const problems: InputProblem[] = [];
  const found = system.workloads.find(({ name }) => name === workload);
  const known = system.workloads.map(({ name }) => name).join(', ') || 'none';
  if (!found)
    problems.push({ path: 'workload', message: `"${workload}" is no workload of ${system.name}; it has ${known}` });
  if (found?.kind === 'DaemonSet')
    problems.push({
      path: 'workload',
      message: `${workload} is a DaemonSet: it has one pod per node and no number of replicas`,
    });
  if (replicas === 0 && !allowZero)
    problems.push({ path: 'replicas', message: '0 stops the workload; set "allowZero": true if that is meant' });
  if (typeof replicas === 'object' && replicas.min > replicas.max)
    problems.push({ path: 'replicas.min', message: `${replicas.min} is more than "max" (${replicas.max})` });
  return problems;
}

export const scaleRunbook: Runbook<ScaleInput> = {
  id: 'scale',
  title: 'Scaling of a workload',
  purpose:
    "Sets the number of a workload's pods, or the bounds of its autoscaler, waits until they are ready, runs its health checks, and goes back if they are not.",
  input: scaleInput,
  examples: [
    {
      title: 'So many pods',
      input: {
        system: 'canvas',
        workload: 'canvas-app',
        replicas: 5,
        reason: 'Launch day',
        requestedBy: 'alice',
      },
    },
    {
      title: 'Bounds of the autoscaler',
      input: {
        system: 'intendly',
        workload: 'backend-relayer',
        replicas: { min: 3, max: 12 },
        reason: 'Launch day',
        requestedBy: 'alice',
      },
    },
  ],
  changes: '`spec.replicas` of the workload, or the bounds of its autoscaler.',
  risk: 'medium',
  undo: 'By the run itself when the pods do not become ready or an abort comes; later by the same runbook with the number in the report.',
  approval: 'Only when the input asks for it.',
  expectedDuration: 'The start of the pods',
  verbs: [...verbs],
  needs: ['kubernetes', 'workloads'],
  failures: {
    ...commonFailures,
    RolledBack: 'The pods did not become ready, or health checks failed; the old number is back.',
    Superseded: 'Somebody else set another number meanwhile, which was left alone.',
    TargetReplaced: 'The workload was deleted, or created anew.',
    CompensationFailed: 'Going back failed; the message says what stands now.',
    Rejected: 'The approval was refused. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'What was approved has changed since. Nothing was touched.',
  },
  crossCheck,
};
