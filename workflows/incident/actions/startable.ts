/** Runbooks that can be started from an incident. The catalogue's own ids; a test holds them in step. */
export const startable: readonly string[] = [
  'rollingUpdate',
  'rollback',
  'restart',
  'scale',
  'backup',
  'verifyBackup',
  'restore',
  'drTest',
  'emergencyShutdown',
  'emergencyRecovery',
];
