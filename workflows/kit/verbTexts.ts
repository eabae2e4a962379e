/** What each verb does: shown by the UI beside the update and the signal, by the CLI's help and by the docs. */
export const verbDescriptions = {
  approve: 'Approve the plan that you read. Give planHash; the requester cannot approve their own run.',
  reject: 'Reject the plan. The run ends and changes nothing.',
  pause: 'Begin no further step until `resume`. What a cluster is already rolling goes on.',
  resume: 'Go on after `pause`.',
  abort: 'Stop here and undo what the run has changed.',
  promote: 'Skip the rest of the bake time and of running metric gates.',
  accept: 'Take the present state as it is, on your responsibility.',
  retryRollback: 'Try the rollback (again).',
  skipTier: 'Do not wait for the present tier any longer; go on with the next one.',
  stayDown: 'Take down again what this run has started, and leave the system down.',
} as const;

export type VerbName = keyof typeof verbDescriptions;
