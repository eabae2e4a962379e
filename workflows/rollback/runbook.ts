import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';

const text = (max: number) => z.string().trim().min(1).max(max);

export const rollbackInput = z.strictObject({
  system: text(63),
  workloads: z.array(text(253)).min(1).max(50).describe('Undone in reverse of the order of the system description'),
  to: z
    .union([z.literal('lastKnownGood'), z.strictObject({ revision: z.int().min(1) })])
    .default('lastKnownGood')
    .describe('The last state that Belay saw healthy, or a revision number of Kubernetes (one workload only)'),
  reason: text(500),
  requestedBy: text(200),
  dryRun: z.boolean().default(false),
  incident,
  onBusy: z.enum(['fail', 'wait']).default('fail'),
  busyTimeoutSeconds: z.int().min(1).max(86_400).default(3_600),
  deadlineSeconds: z.int().min(5).max(7_200).optional(),
  overrideQuarantine: z.boolean().default(false),
  overrideOwner: z.boolean().default(false),
  requireApproval: z.boolean().default(false),
});

export type RollbackInput = z.output<typeof rollbackInput>;

function crossCheck(input: RollbackInput, system: System): InputProblem[] {
  const known = system.workloads.map((workload) => workload.name);
  const problems = input.workloads.flatMap((name, index) => {
    const path = `workloads[${index}]`;
    if (!known.includes(name))
      return [{ path, message: `"${name}" is not a workload of ${system.name}; it has ${known.join(', ') || 'none'}` }];
    if (input.workloads.indexOf(name) !== index) return [{ path, message: `"${name}" is named twice` }];
    return [];
  });
  if (typeof input.to === 'object' && input.workloads.length > 1) {
    problems.push({
      path: 'to.revision',
      message: 'a revision number belongs to one workload; name one, or use "lastKnownGood"',
    });
  }
  return problems;
}

export const rollbackRunbook: Runbook<RollbackInput> = {
  id: 'rollback',
  title: 'Rollback to the last known good state',
  purpose:
    'Puts workloads back to the last state that Belay saw healthy, says which and why, and proves health afterwards.',
  input: rollbackInput,
  examples: [
    {
      title: 'Back to the last known good state',
      input: {
        system: 'intendly',
        workloads: ['backend-relayer'],
        reason: 'Checkout errors since 1.4.2',
        requestedBy: 'alice',
      },
    },
    {
      title: 'To a revision number, plan only',
      input: {
        system: 'canvas',
        workloads: ['canvas-app'],
        to: { revision: 7 },
        reason: 'INC-311',
        requestedBy: 'alice',
        dryRun: true,
      },
    },
  ],
  changes: 'The pod template of each named workload; never replicas.',
  risk: 'medium',
  undo: 'Run it again with the revision that the report names as the state before.',
  approval: 'When the system asks for it (policies.rollingUpdate.approval) or the input does (requireApproval).',
  expectedDuration: '1 to 10 minutes',
  verbs: ['approve', 'reject', 'pause', 'resume', 'abort', 'retryRollback', 'accept'],
  failures: {
    InvalidInput: 'The input is wrong; every problem is listed. Nothing was touched.',
    PreflightFailed: 'A check before the first write failed; all failed checks are listed. Nothing was touched.',
    Quarantined: 'The target state was rolled back before. Nothing was touched.',
    TargetBusy: 'Another run holds a workload. Nothing was touched.',
    Rejected: 'A person rejected the plan. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'The live state changed after the plan was approved. Nothing was touched.',
    Aborted: 'Stopped by a person or a cancel.',
    Superseded: 'Somebody else wrote the workload meanwhile; their change was left alone.',
    TargetReplaced: 'A workload was deleted or recreated meanwhile.',
    VerificationFailed: 'The old state is back but did not prove healthy.',
    AcceptedAsIs: 'A person accepted a state that was not verified.',
    StepFailed: 'A step failed for good for another reason, before anything was changed.',
    CompensationFailed: 'The rollback did not succeed; the report says what is old and what is new.',
  },
  needs: ['kubernetes', 'workloads'],
  crossCheck,
};
