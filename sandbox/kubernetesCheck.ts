import type { SandboxState } from './kit/types.js';

/** Throws unless the API server says, over TLS and with the kubeconfig's credentials, that it is ready. */
export async function checkKubernetes(kubernetes: NonNullable<SandboxState['kubernetes']>): Promise<void> {
  const { KubeConfig, VersionApi } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(kubernetes.kubeconfig);
  config.setCurrentContext(kubernetes.context);
  await config.makeApiClient(VersionApi).getCode();
}
