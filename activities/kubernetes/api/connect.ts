import { KubeConfig } from '@kubernetes/client-node';
import { ApplicationFailure } from '@temporalio/common';
import { createClients, type KubeClients } from './clients.js';

const misconfigured = (message: string) => ApplicationFailure.nonRetryable(message, 'KubernetesMisconfigured');

/**
 * Connects by the worker's kubeconfig (`KUBECONFIG`, `~/.kube/config`, or the Pod's service account), context by context, each once.
 * An unknown context, or no configuration at all, is `KubernetesMisconfigured`, non-retryable.
 */
export function connectByContext(load: (config: KubeConfig) => void = (config) => config.loadFromDefault()) {
  const known = new Map<string, KubeClients>();
  return (context?: string): KubeClients => {
    const cached = known.get(context ?? '');
    if (cached) return cached;
    const clients = createClients(read(load, context));
    known.set(context ?? '', clients);
    return clients;
  };
}

function read(load: (config: KubeConfig) => void, context?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    load(config);
  } catch (error) {
    throw misconfigured(
      `The worker's kubeconfig cannot be read (${error instanceof Error ? error.message : String(error)}); correct KUBECONFIG.`,
    );
  }
  const names = config.getContexts().map((one) => one.name);
  if (context !== undefined) {
    if (!names.includes(context)) {
      throw misconfigured(
        `Kubernetes context "${context}" is not in the worker's kubeconfig; it knows ${names.join(', ') || 'none'}. Add it there, or correct the system's description.`,
      );
    }
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster()?.server;
  // What client-node makes up when it finds no configuration.
  if (server === undefined || server === 'http://localhost:8080') {
    throw misconfigured(
      `The worker has no Kubernetes cluster to talk to${server === undefined && names.length > 0 ? `: the kubeconfig has no current context (it knows ${names.join(', ')})` : ''}; set KUBECONFIG, or run it in a Pod with a service account.`,
    );
  }
  return config;
}
