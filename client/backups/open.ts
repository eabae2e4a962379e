import type { BackupActivities } from '../../activities/backup/types.js';
import type { Connect } from '../../activities/kubernetes/session.js';
import { createSecretResolver } from '../../activities/secrets/index.js';
import { secretSources } from '../../worker/secretSources.js';

/** The backup activities with the caller's own credentials: what a worker's environment gives a worker, this one's gives here. */
export async function openBackups(env: NodeJS.ProcessEnv): Promise<BackupActivities> {
  // What the AWS client thinks of this version of Node is no answer to the question that was asked.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { createBackupActivities } = await import('../../activities/backup/index.js');
  // Loaded on first use: most stores need no cluster.
  let connecting: Promise<Connect> | undefined;
  const kubernetes = (): Promise<Connect> =>
    (connecting ??= import('../../activities/kubernetes/index.js').then(({ connectByContext }) => connectByContext()));
  const secrets = createSecretResolver(secretSources(env, kubernetes));
  return createBackupActivities({ secrets, kubernetes });
}
