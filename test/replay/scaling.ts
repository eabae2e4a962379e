import { Fleet } from '../workflows/fleet.js';
import { course, type Course } from './course.js';

const fleet = (name: string, change: (one: Fleet) => void = () => undefined): Fleet => {
  const one = new Fleet(`replay-${name}`);
  change(one);
  return one;
};
const scale = { workload: 'web', replicas: 5, allowZero: false, overrideAutoscaler: false, timeoutSeconds: 30 };
const restart = { workloads: ['web', 'worker'], overrideOwner: false };
const scaled = (one: Fleet) => one.autoscalers.set('web', { name: 'web', min: 1, max: 4 });

/** Courses of scaling and restarts. */
export const scaling: Course[] = [
  course('scale-succeeded', 'succeeded', () => fleet('scale'), 'scale', scale),
  course('scale-dry-run', 'planned', () => fleet('scale-dry'), 'scale', { ...scale, dryRun: true }),
  course('scale-bounds', 'succeeded', () => fleet('bounds', scaled), 'scale', {
    ...scale,
    replicas: { min: 3, max: 9 },
  }),
  course(
    'scale-rolled-back',
    'RolledBack',
    () => fleet('scale-late', (one) => one.outcomes.set('web=5', 'deadline')),
    'scale',
    scale,
  ),
  course(
    'scale-superseded',
    'Superseded',
    () => fleet('scale-other', (one) => one.outcomes.set('web=5', 'changed')),
    'scale',
    scale,
  ),
  course('restart-succeeded', 'succeeded', () => fleet('restart'), 'restart', restart),
  course(
    'restart-stopped',
    'VerificationFailed',
    () => fleet('restart-broken', (one) => one.verdicts.set('web app:1', 'failed')),
    'restart',
    restart,
  ),
];
