import { readFile } from 'node:fs/promises';
import { isStatus } from '../activities/kubernetes/api/apiError.js';
import { corePath } from '../activities/kubernetes/model/paths.js';
import type { Connect } from '../activities/kubernetes/session.js';
import type { SecretSources } from '../activities/secrets/index.js';

/** Where this process finds secret values: its environment, mounted files, Secrets of the kubeconfig's current cluster. */
export function secretSources(env: NodeJS.ProcessEnv, connect: () => Promise<Connect>): SecretSources {
  return {
    env,
    readFile: (path) => readFile(path, 'utf8'),
    async kube(namespace, name, key) {
      try {
        const path = corePath(namespace, 'secrets', name);
        const { body } = await (await connect())().call<{ data?: Record<string, string> }>({ path });
        const value = body.data?.[key];
        return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
  };
}
