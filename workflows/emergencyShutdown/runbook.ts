import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { common, commonFailures, incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

const names = z.array(z.string().trim().min(1).max(253)).min(1).max(500);

export const emergencyShutdownInput = z.strictObject({
  ...common,
  scope: z
    .strictObject({
      tiers: names.optional().describe('Of `tiers`'),
      workloads: names.optional().describe('Names of described workloads'),
    })
    .optional()
    .describe('The whole system when left out. With a scope routes and CronJobs stay as they are'),
  mode: z
    .enum(['graceful', 'immediate'])
    .default('graceful')
    .describe('immediate: no draining, no order, pods end without grace. For data stores that is a power cut'),
  preserveEvidence: z.boolean().default(false).describe('Pod specs, events and logs go to the evidence store first'),
  backup: z
    .enum(['before', 'skip'])
    .default('skip')
    .describe('before: the backup runbook runs when traffic has stopped'),
  incident,
  breakGlass: z
    .boolean()
    .default(false)
    .describe('Start without the approval that the system asks for. Everybody is told, and the report says so'),
});

export type EmergencyShutdownInput = z.output<typeof emergencyShutdownInput>;

function crossCheck({ scope, backup }: EmergencyShutdownInput, system: System): InputProblem[] {
  const problems: InputProblem[] = [];
  const check = (given: readonly string[] | undefined, known: readonly string[], path: string, noun: string): void => {
    for (const [index, name] of (given ?? []).entries()) {
      if (known.includes(name)) continue;
      const message = `"${name}" is no ${noun} of ${system.name}; it has ${known.join(', ') || 'none'}`;
      problems.push({ path: `${path}[${index}]`, message });
    }
  };
  check(scope?.tiers, system.tiers, 'scope.tiers', 'tier');
  check(
    scope?.workloads,
    system.workloads.map(({ name }) => name),
    'scope.workloads',
    'workload',
  );
  if (backup === 'before' && system.backups === undefined)
    problems.push({ path: 'backup', message: `${system.name} describes no backups; use "skip"` });
  return problems;
}

const { PreflightFailed: _, ...meanings } = commonFailures;

export const emergencyShutdownRunbook: Runbook<EmergencyShutdownInput> = {
  id: 'emergencyShutdown',
  title: 'Emergency shutdown',
  purpose:
    'Takes a whole system down safely in seconds: saves its state first, stops traffic and whatever would wake pods, then scales down tier by tier from the edge inwards. Nothing is deleted; emergencyRecovery brings back exactly what was there.',
  input: emergencyShutdownInput,
  examples: [
    { title: 'At 3 a.m.', input: { system: 'intendly', reason: 'INC-311: funds are draining', requestedBy: 'alice' } },
    {
      title: 'Contain a break-in, and keep the traces',
      input: {
        system: 'intendly',
        mode: 'immediate',
        preserveEvidence: true,
        incident: 'INC-311',
        reason: 'Unknown process in the relayer',
        requestedBy: 'alice',
      },
    },
    {
      title: 'Only one tier',
      input: { system: 'canvas', scope: { tiers: ['application'] }, reason: 'Corrupts data', requestedBy: 'bob' },
    },
  ],
  changes:
    'Replicas of workloads, and what would raise them again: autoscalers, KEDA, CronJobs, GitOps. Routes lead nowhere or to the maintenance page. All by fields that emergencyRecovery puts back.',
  risk: 'high',
  undo: 'emergencyRecovery with the snapshot that the report names.',
  approval: 'None, unless `policies.emergency.approval` asks for it; `breakGlass` passes it by, loudly.',
  expectedDuration: 'Seconds, and the grace times of the pods',
  verbs: [...verbs],
  needs: ['kubernetes'],
  failures: {
    ...meanings,
    TargetBusy: 'Another shutdown of this system goes on already; watch that one.',
    Rejected: 'The approval was refused. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched. `breakGlass` starts without.',
    PartialShutdown:
      'Something is still up, or could not be stopped: each is named with the command for a person. The rest is down.',
    Aborted: 'Stopped by a person or a cancel. What is down stays down; the report names the snapshot to recover from.',
  },
  crossCheck,
};
