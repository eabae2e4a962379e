import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { common } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';
import { renderRouting, sourceOf } from './render.js';

export const alertRoutingInput = z.strictObject({
  ...common,
  source: z
    .string()
    .min(1)
    .optional()
    .describe('Source of type alertmanager whose configuration this is; the first when left out'),
  samples: z
    .array(z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a label'), z.string().max(1_000)))
    .max(50)
    .default([])
    .describe('Labels of alerts that are sent through the routes, beside those made of the description'),
  allowUnchecked: z.boolean().default(false).describe('Succeed although the worker has no amtool'),
  failOnDifference: z
    .boolean()
    .default(false)
    .describe('Fail when the running Alertmanager has another configuration; for a schedule'),
});

export type AlertRoutingInput = z.output<typeof alertRoutingInput>;

function crossCheck({ source }: AlertRoutingInput, system: System): InputProblem[] {
  if (source !== undefined && !sourceOf(system, source))
    return [{ path: 'source', message: `"${source}" is no source of type alertmanager of ${system.name}` }];
  return renderRouting(system, source).problems.map((message) => ({ path: 'system', message }));
}

export const alertRoutingRunbook: Runbook<AlertRoutingInput> = {
  id: 'alertRouting',
  title: 'Routes of alerts',
  purpose:
    'Renders an Alertmanager configuration from the description: everything to Belay, grouped as its incident rules say, and the described routes to other receivers. Checks it with amtool, sends sample alerts through it, and compares it with the one that runs.',
  input: alertRoutingInput,
  examples: [
    {
      title: 'The configuration, checked and compared',
      input: { system: 'intendly', reason: 'New routes', requestedBy: 'alice' },
    },
    {
      title: 'Where an alert would go',
      input: {
        system: 'intendly',
        samples: [{ alertname: 'ServiceDown', severity: 'critical' }],
        reason: 'Who hears of it?',
        requestedBy: 'alice',
      },
    },
  ],
  changes: 'Nothing: it reads. The file is kept as evidence and printed; writing it to Alertmanager is up to you.',
  risk: 'none',
  undo: 'There is nothing to undo.',
  approval: 'None is asked for.',
  expectedDuration: 'A few seconds',
  verbs: [...verbs],
  needs: ['incidents'],
  failures: {
    InvalidInput: 'The input or the description is wrong; every problem is listed. Nothing was touched.',
    PreflightFailed: 'The worker has no amtool, so nothing was checked; the file is kept all the same.',
    VerificationFailed:
      'amtool refuses the configuration, a sample goes astray, or (when asked for) what runs is different; the message says what.',
    Aborted: 'Stopped by a person or a cancel.',
    StepFailed: 'A step failed for good for another reason; the message names it.',
  },
  crossCheck,
};
