import type { FailureType } from '../../workflows/kit/types.js';

/** Ends that Temporal itself brings about; the run had no say. */
type ForeignEnd = 'Terminated' | 'TimedOut' | 'Cancelled';

interface ExitCode {
  code: number;
  meaning: string;
  outcomes: readonly ('succeeded' | 'planned' | FailureType | ForeignEnd)[];
}

/** The exit codes of `belay start --watch`, `watch` and `plan`; scripts rely on them, so a meaning never changes. */
export const exitCodes = [
  { code: 0, meaning: 'The run achieved its purpose, or the plan stands.', outcomes: ['succeeded', 'planned'] },
  { code: 1, meaning: 'An error: Temporal not reachable, an unexpected failure.', outcomes: ['StepFailed'] },
  { code: 2, meaning: 'Wrong usage or wrong input. Nothing was touched.', outcomes: ['InvalidInput'] },
  {
    code: 3,
    meaning: 'Refused before the first write. Nothing was touched.',
    outcomes: ['PreflightFailed', 'Quarantined', 'TargetBusy', 'PlanOutdated', 'Rejected', 'ApprovalExpired'],
  },
  {
    code: 4,
    meaning: 'Undone: the old state is back, or nothing had changed yet.',
    outcomes: ['RolledBack', 'Aborted'],
  },
  { code: 5, meaning: 'Somebody else changed the target meanwhile.', outcomes: ['Superseded', 'TargetReplaced'] },
  {
    code: 6,
    meaning: 'The new state stands, but it was not verified.',
    outcomes: ['VerificationFailed', 'AcceptedAsIs'],
  },
  { code: 7, meaning: 'Not undone: something is left half-way. Look now.', outcomes: ['CompensationFailed'] },
  {
    code: 8,
    meaning: 'Temporal ended the run (terminated, timed out, cancelled) before it could tidy up. Run `belay doctor`.',
    outcomes: ['Terminated', 'TimedOut', 'Cancelled'],
  },
  { code: 9, meaning: 'The run still goes on: `watch --timeout` passed.', outcomes: [] },
  { code: 10, meaning: '`schedules diff` found something to do.', outcomes: [] },
  {
    code: 11,
    meaning:
      'Data is not safe as it should be: a backup, restore or drill did not reach its goal. Live data is untouched.',
    outcomes: ['BackupFailed', 'BackupStale', 'RestoreFailed', 'ObjectiveMissed'],
  },
  {
    code: 12,
    meaning: 'A shutdown or recovery is not complete: the report names what is still up or still down.',
    outcomes: ['PartialShutdown', 'RecoveryFailed', 'StayedDown'],
  },
  {
    code: 13,
    meaning: 'Incidents are open that did not act at their deadline; an alarm is open for each.',
    outcomes: ['IncidentOverdue'],
  },
  { code: 130, meaning: 'Interrupted with Ctrl+C; the run goes on.', outcomes: [] },
] as const satisfies readonly ExitCode[];

export const exit = {
  ok: 0,
  error: 1,
  usage: 2,
  refused: 3,
  running: 9,
  differs: 10,
  unsafe: 11,
  interrupted: 130,
} as const;

/** Exit code of an outcome (`succeeded`, `planned`, a failure type, `Terminated` …); 1 when it is unknown. */
export function exitCodeOf(outcome: string): number {
  const found = exitCodes.find(({ outcomes }) => (outcomes as readonly string[]).includes(outcome));
  return found?.code ?? exit.error;
}
