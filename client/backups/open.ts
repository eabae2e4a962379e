import type { BackupActivities } from '../../activities/backup/types.js';
import { createSecretResolver } from '../../activities/secrets/index.js';
import { secretSources } from '../../worker/secretSources.js';

/** The backup activities with the caller's own credentials: what a worker's environment gives a worker, this one's gives here. */
export async function openBackups(env: NodeJS.ProcessEnv): Promise<BackupActivities> {
  // What the AWS client thinks of this version of Node is no answer to the question that was asked.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const [{ createBackupActivities }, { connectByContext }] = await Promise.all([
    import('../../activities/backup/index.js'),
    import('../../activities/kubernetes/index.js'),
  ]);
  const connect = connectByContext();
  const secrets = createSecretResolver(secretSources(env, async () => connect));
  return createBackupActivities({ secrets, kubernetes: async () => connect });
}
