import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { busy, common, commonFailures, incident } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const restartInput = z.strictObject({
  ...common,
  incident,
  workloads: z
    .array(z.string().trim().min(1).max(253))
    .min(1)
    .max(100)
    .describe('Described workloads, restarted one after the other in this order'),
  overrideOwner: z.boolean().default(false).describe('Restart although Argo CD, Flux or Helm own the workload'),
  ...busy,
  requireApproval: z.boolean().default(false),
});

export type RestartInput = z.output<typeof restartInput>;

function crossCheck({ workloads }: RestartInput, system: System): InputProblem[] {
  const known = system.workloads.map(({ name }) => name);
  return workloads.flatMap((name, index) => {
    const path = `workloads[${index}]`;
    if (!known.includes(name))
      return [{ path, message: `"${name}" is no workload of ${system.name}; it has ${known.join(', ') || 'none'}` }];
    return workloads.indexOf(name) === index ? [] : [{ path, message: `"${name}" is named twice` }];
  });
}

export const restartRunbook: Runbook<RestartInput> = {
  id: 'restart',
  title: 'Restart of workloads',
  purpose:
    'Replaces the pods of workloads by new ones of the same version, one workload after the other, each watched and checked before the next. Stops at the first that does not come up.',
  input: restartInput,
  examples: [
    {
      title: 'After a change of configuration',
      input: { system: 'ai-orchestrator', workloads: ['api-gateway'], reason: 'New log level', requestedBy: 'alice' },
    },
  ],
  changes: "An annotation in the workload's template, which rolls its pods as an update does.",
  risk: 'medium',
  undo: 'None is needed: the version stays. Old pods serve until new ones are ready.',
  approval: 'Only when the input asks for it.',
  expectedDuration: 'One rollout per workload',
  verbs: [...verbs],
  needs: ['kubernetes', 'workloads'],
  failures: {
    ...commonFailures,
    VerificationFailed: 'New pods did not come up, or health checks failed; the workloads after it were not touched.',
    Superseded: 'Somebody else changed the workload meanwhile.',
    TargetReplaced: 'The workload was deleted, or created anew.',
    Rejected: 'The approval was refused. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'What was approved has changed since. Nothing was touched.',
  },
  crossCheck,
};
