import { ApplicationFailure } from '@temporalio/common';
import { review, routing, Tower } from '../workflows/alerts/tower.js';
import { course, type Course, person, until } from './course.js';

const tower = (name: string, change: (one: Tower) => void = () => undefined): Tower => {
  const one = new Tower(`replay-${name}`);
  change(one);
  return one;
};
const applying = { ...review, applySilences: true };
const approve = async (run: Parameters<typeof until>[0]): Promise<void> => {
  const { plan } = await until(run, 'awaitingApproval');
  await run.verb('approve', { ...person, planHash: plan?.hash ?? '' });
};

/** Courses of the alert review and of the rendering of routes. */
export const alerts: Course[] = [
  course('review-dry-run', 'planned', () => tower('review-dry'), 'alertReview', { ...applying, dryRun: true }),
  course('review-reported', 'succeeded', () => tower('review'), 'alertReview', review),
  course('review-silenced', 'succeeded', () => tower('silenced'), 'alertReview', applying, approve),
  course(
    'review-undone',
    'RolledBack',
    () =>
      tower('undone', (one) =>
        one.refuses.set('Flutters', ApplicationFailure.nonRetryable('no', 'AlertmanagerRefused')),
      ),
    'alertReview',
    applying,
    approve,
  ),
  course(
    'review-rejected',
    'Rejected',
    () => tower('review-rejected'),
    'alertReview',
    applying,
    async (run) => {
      await until(run, 'awaitingApproval');
      await run.verb('reject', person);
    },
  ),
  course('routes-rendered', 'succeeded', () => tower('routes'), 'alertRouting', routing),
  course(
    'routes-refused',
    'VerificationFailed',
    () => tower('routes-refused', (one) => (one.check = { valid: false, said: 'no', receivers: [] })),
    'alertRouting',
    routing,
  ),
];
