import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { busy, common, commonFailures, incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const emergencyRecoveryInput = z.strictObject({
  ...common,
  incident,
  snapshot: z
    .string()
    .regex(/^(latest|\d{8}t\d{6}z-[0-9a-f]{8})$/, 'must be "latest", or an id from the report of the shutdown')
    .default('latest')
    .describe('latest: all snapshots of the present shutdown'),
  from: z
    .union([z.literal('snapshot'), z.strictObject({ lastKnownGood: z.literal(true) })])
    .default('snapshot')
    .describe(
      'lastKnownGood: no snapshot is left; marks on the objects and autoscalers are taken, after a person has read them',
    ),
  tiers: z.array(z.string().trim().min(1).max(63)).min(1).optional().describe('Only these tiers; traffic stays off'),
  pace: z.enum(['tiers', 'atOnce']).default('tiers').describe('atOnce: all tiers at the same time'),
  ...busy,
  requireApproval: z.boolean().default(false),
});

export type EmergencyRecoveryInput = z.output<typeof emergencyRecoveryInput>;

function crossCheck({ tiers = [] }: EmergencyRecoveryInput, system: System): InputProblem[] {
  return tiers.flatMap((tier, index) =>
    system.tiers.includes(tier)
      ? []
      : [
          {
            path: `tiers[${index}]`,
            message: `"${tier}" is no tier of ${system.name}; it has ${system.tiers.join(', ')}`,
          },
        ],
  );
}

export const emergencyRecoveryRunbook: Runbook<EmergencyRecoveryInput> = {
  id: 'emergencyRecovery',
  title: 'Emergency recovery',
  purpose:
    'Brings a system back that emergencyShutdown took down: data stores first, then tier by tier outwards, each proved; exactly the replicas of the snapshot; then autoscalers, CronJobs and GitOps; traffic last. Ends when the state equals the snapshot.',
  input: emergencyRecoveryInput,
  examples: [
    { title: 'Everything', input: { system: 'intendly', reason: 'INC-311 is over', requestedBy: 'alice' } },
    {
      title: 'Only the data stores, to look at them',
      input: { system: 'canvas', tiers: ['data'], reason: 'Look at the data', requestedBy: 'bob' },
    },
  ],
  changes: 'Puts back the fields that the shutdown has changed, and nothing else.',
  risk: 'high',
  undo: '`stayDown` while it runs; afterwards emergencyShutdown.',
  approval: 'Only when the input asks for it. Without a snapshot a person must accept what would be guessed.',
  expectedDuration: 'The start of every tier, its checks, and the bake time',
  verbs: [...verbs],
  needs: ['kubernetes'],
  failures: {
    ...commonFailures,
    TargetBusy: 'The shutdown still goes on, or another run works on the system. Nothing was touched.',
    Rejected: 'The approval was refused. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'What was approved has changed since. Nothing was touched.',
    RecoveryFailed:
      'A tier or traffic did not come back well; the message says what is up. Traffic is off. Start again: what is back is left alone.',
    VerificationFailed: 'The system is back, but its state is not that of the snapshot; every difference is listed.',
    StayedDown: 'A person decided to stay down; what was started is stopped again.',
    CompensationFailed: 'Stopping again failed in part; what is up is named.',
    Aborted: 'Stopped by a person or a cancel; what is up stays up.',
  },
  crossCheck,
};
