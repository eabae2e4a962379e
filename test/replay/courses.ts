import { ApplicationFailure } from '@temporalio/common';
import {
  person,
  change,
  system,
  until,
  watching,
  slowWatch,
  update,
  bad,
  gated,
  checked,
  shortApproval,
  course,
  type Course,
} from './course.js';
import { afterIncidents } from './afterIncidents.js';
import { alerts } from './alerts.js';
import { backups } from './backups.js';
import { emergency } from './emergency.js';
import { incidents } from './incident.js';
import { oncall } from './oncall.js';
import { scaling } from './scaling.js';
import { successive } from './successive.js';

export type { Course } from './course.js';

/** Ways of one rolling update alone. */
const updates: Course[] = [
  course('update-succeeded', 'succeeded', () => system('succeeded', ['a', 'b'], checked), 'rollingUpdate', {
    changes: [change('a', 'app:2'), change('b', 'app:2')],
  }),
  course('update-rolled-back', 'RolledBack', () => system('rolled-back', ['a', 'b']), 'rollingUpdate', {
    changes: [change('a', 'app:2'), change('b', 'app:2-bad')],
  }),
  course('update-baked', 'succeeded', () => system('baked', ['a'], gated), 'rollingUpdate', {
    ...update,
    bakeSeconds: 2,
  }),
  course(
    'update-promoted',
    'succeeded',
    () => system('promoted', ['a']),
    'rollingUpdate',
    { ...update, bakeSeconds: 3_600 },
    async (run) => {
      await run.until('baking', (status) => status.headline.startsWith('Bakes'));
      await run.verb('promote', person);
    },
  ),
  course('update-dry-run', 'planned', () => system('dry-run', ['a']), 'rollingUpdate', { ...update, dryRun: true }),
  course(
    'update-preflight-failed',
    'PreflightFailed',
    () => {
      const one = system('preflight', ['a', 'b']);
      one.gone.add('app:2-gone');
      return one;
    },
    'rollingUpdate',
    { changes: [change('a', 'app:2'), change('b', 'app:2-gone')] },
  ),
  {
    ...course('update-invalid-input', 'InvalidInput', () => system('invalid', ['a']), 'rollingUpdate', { changes: [] }),
    world: () => {
      const one = system('invalid', ['a']);
      const activities = one.activities();
      one.activities = () => ({
        ...activities,
        resolveInput: async () => {
          throw ApplicationFailure.nonRetryable('changes: needs at least one', 'InvalidInput', [
            { path: 'changes', message: 'needs at least one' },
          ]);
        },
      });
      return one;
    },
  },
  course(
    'update-approved',
    'succeeded',
    () => system('approved', ['a']),
    'rollingUpdate',
    { ...update, requireApproval: true },
    async (run) => {
      const { plan } = await until(run, 'awaitingApproval');
      await run.verb('approve', { ...person, planHash: plan?.hash ?? '' });
    },
  ),
  course('update-approval-expired', 'ApprovalExpired', () => system('expired', ['a'], shortApproval), 'rollingUpdate', {
    ...update,
  }),
  course(
    'update-rejected',
    'Rejected',
    () => system('rejected', ['a'], shortApproval),
    'rollingUpdate',
    update,
    async (run) => {
      await until(run, 'awaitingApproval');
      await run.verb('reject', person);
    },
  ),
  course(
    'update-aborted',
    'RolledBack',
    () => slowWatch(system('aborted', ['a', 'b'])),
    'rollingUpdate',
    { changes: [change('a', 'app:2'), change('b', 'app:2')] },
    async (run) => {
      await watching(run);
      await run.verb('abort', person);
    },
  ),
  course(
    'update-cancelled',
    'RolledBack',
    () => slowWatch(system('cancelled', ['a'])),
    'rollingUpdate',
    update,
    async (run) => {
      await watching(run);
      await run.handle.cancel();
    },
  ),
  course(
    'update-paused-and-resumed',
    'succeeded',
    () => slowWatch(system('paused', ['a', 'b'])),
    'rollingUpdate',
    { changes: [change('a', 'app:2'), change('b', 'app:2')] },
    async (run) => {
      await watching(run);
      await run.handle.signal('pause', person);
      await until(run, 'paused');
      await run.verb('resume', person);
    },
  ),
  course(
    'update-rollback-held-and-retried',
    'RolledBack',
    () => {
      const one = system('retried', ['a']);
      one.verdicts.set('a app:1', 'deadline');
      return one;
    },
    'rollingUpdate',
    bad,
    async (run, one) => {
      await until(run, 'held');
      one.verdicts.delete('a app:1');
      await run.verb('retryRollback', person);
    },
  ),
  course(
    'update-failed-held-and-accepted',
    'AcceptedAsIs',
    () => system('accepted', ['a']),
    'rollingUpdate',
    { ...bad, onFailure: 'hold' },
    async (run) => {
      await until(run, 'held');
      await run.verb('accept', person);
    },
  ),
  course(
    'update-no-verdict-accepted',
    'succeeded',
    () => {
      const one = system('no-verdict', ['a'], gated);
      one.measurement = { kind: 'noVerdict', why: 'NaN', detail: 'NaN' };
      return one;
    },
    'rollingUpdate',
    update,
    async (run) => {
      await until(run, 'held');
      await run.verb('accept', person);
    },
  ),
  course(
    'update-superseded',
    'Superseded',
    () => {
      const one = system('superseded', ['a']);
      one.verdicts.set('a app:2', 'superseded');
      return one;
    },
    'rollingUpdate',
    update,
  ),
  course(
    'update-target-replaced',
    'TargetReplaced',
    () => {
      const one = system('replaced', ['a'], checked);
      one.verdicts.set('a app:2', 'replaced');
      // With the workload gone the system does not answer; there is nothing that a rollback could try again.
      one.checksPass = () => false;
      return one;
    },
    'rollingUpdate',
    update,
  ),
];

/** Every course that is recorded; a runbook's author adds theirs. */
export const courses: Course[] = [
  ...updates,
  ...successive,
  ...backups,
  ...alerts,
  ...emergency,
  ...scaling,
  ...afterIncidents,
  ...incidents,
  ...oncall,
];
