import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';

const text = (max: number) => z.string().trim().min(1).max(max);

export const rollingUpdateInput = z.strictObject({
  system: text(63).describe('Name of the system description'),
  changes: z
    .array(
      z.strictObject({
        workload: text(253),
        image: text(512).describe('New image reference, e.g. ghcr.io/acme/api:1.4.2'),
        container: text(253).optional().describe("Left out: the description's container, or the only one"),
      }),
    )
    .min(1)
    .max(50)
    .describe('Applied in the order of the system description, undone in reverse'),
  reason: text(500),
  requestedBy: text(200),
  dryRun: z.boolean().default(false),
  incident,
  onFailure: z.enum(['rollback', 'hold']).optional(),
  onBusy: z.enum(['fail', 'wait']).default('fail'),
  busyTimeoutSeconds: z.int().min(1).max(86_400).default(3_600).describe('How long `onBusy: wait` waits'),
  onNoVerdict: z.enum(['hold', 'rollback', 'continue']).optional(),
  onGateError: z.enum(['hold', 'rollback', 'continue']).optional().describe('When a gate cannot be measured at all'),
  bakeSeconds: z.int().min(0).max(7_200).optional(),
  deadlineSeconds: z.int().min(5).max(7_200).optional().describe('Per workload; nothing resets it'),
  overrideQuarantine: z.boolean().default(false),
  overrideOwner: z.boolean().default(false).describe('Go on although Argo CD, Flux or Helm own the workload'),
  overrideBlackout: z.boolean().default(false),
  allowUnhealthy: z
    .boolean()
    .default(false)
    .describe('Do not ask although the present state is not healthy (a fix for an outage)'),
  resumePaused: z
    .boolean()
    .default(false)
    .describe('Resume a paused Deployment for the update and pause it again afterwards'),
  requireApproval: z.boolean().default(false),
});

export type RollingUpdateInput = z.output<typeof rollingUpdateInput>;

function crossCheck(input: RollingUpdateInput, system: System): InputProblem[] {
  const known = system.workloads.map((workload) => workload.name);
  const problems: InputProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, change] of input.changes.entries()) {
    const path = `changes[${index}].workload`;
    if (!known.includes(change.workload)) {
      problems.push({
        path,
        message: `"${change.workload}" is not a workload of ${system.name}; it has ${known.join(', ') || 'none'}`,
      });
    }
    const key = `${change.workload}/${change.container ?? ''}`;
    const first = seen.get(key);
    if (first !== undefined)
      problems.push({
        path,
        message: `"${change.workload}" already stands at changes[${first}]; name each container once`,
      });
    else seen.set(key, index);
  }
  return problems;
}

export const rollingUpdateRunbook: Runbook<RollingUpdateInput> = {
  id: 'rollingUpdate',
  title: 'Rolling update with automatic rollback',
  purpose:
    'Changes the image of one or more workloads one after another, watches each rollout, verifies health, smoke tests and metrics, and puts the last good state back when anything fails.',
  input: rollingUpdateInput,
  examples: [
    {
      title: 'Update one service',
      input: {
        system: 'intendly',
        changes: [{ workload: 'backend-relayer', image: 'ghcr.io/intendly/intendly-backend:1.4.2' }],
        reason: 'Release 1.4.2',
        requestedBy: 'alice',
      },
    },
    {
      title: 'Update three services in order, plan only',
      input: {
        system: 'intendly',
        changes: [
          { workload: 'backend-relayer', image: 'ghcr.io/intendly/intendly-backend:1.4.2' },
          { workload: 'backend-coordinator', image: 'ghcr.io/intendly/intendly-backend:1.4.2' },
          { workload: 'websocket-server', image: 'ghcr.io/intendly/websocket:1.4.2' },
        ],
        reason: 'Release 1.4.2',
        requestedBy: 'alice',
        dryRun: true,
      },
    },
  ],
  changes: 'The container image in the pod template of each named workload; never replicas.',
  risk: 'medium',
  undo: 'By itself on failure, abort or cancel: the saved templates go back in reverse order, each watched and verified. Later: the rollback runbook.',
  approval: 'When the system asks for it (policies.rollingUpdate.approval) or the input does (requireApproval).',
  expectedDuration: '2 to 15 minutes',
  verbs: ['approve', 'reject', 'pause', 'resume', 'abort', 'promote', 'retryRollback', 'accept'],
  failures: {
    InvalidInput: 'The input is wrong; every problem is listed. Nothing was touched.',
    PreflightFailed: 'A check before the first write failed; all failed checks are listed. Nothing was touched.',
    Quarantined: 'This image was rolled back here before. Nothing was touched. Override with overrideQuarantine.',
    BackupFailed: 'The backup before the update failed (policies.rollingUpdate.backupFirst). Nothing was updated.',
    TargetBusy: 'Another run holds a workload. Nothing was touched.',
    Rejected: 'A person rejected the plan. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'The live state changed after the plan was approved. Nothing was touched.',
    RolledBack: 'The update failed, or was aborted, and the old state is back and verified.',
    Aborted: 'Stopped by a person or a cancel before anything was changed.',
    Superseded: 'Somebody else wrote the workload meanwhile; their change was left alone.',
    TargetReplaced: 'A workload was deleted or recreated meanwhile.',
    VerificationFailed: 'The update failed and was held as asked; nothing was undone.',
    AcceptedAsIs: 'A person accepted a state that was not verified.',
    StepFailed: 'A step failed for good for another reason, before anything was changed.',
    CompensationFailed: 'The rollback did not succeed; the report says what is old and what is new.',
  },
  needs: ['kubernetes', 'workloads'],
  crossCheck,
};
