import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { scalar } from './quantity.js';

const WINDOW = '15s';
const DEFAULT_MILLICORES = 20;
const DEFAULT_MEBIBYTES = 64;
/** Share of its request that a container uses when the pod's annotations do not say otherwise. */
const SHARE = 0.4;

/**
 * A pod's present use: what the annotations `belay.dev/cpu` and `belay.dev/memory` say for each of its containers, else
 * a share of their requests. Constant, so that an autoscaler's decision can be foreseen.
 */
export function podMetrics(pod: V1Pod): object {
  const { name, namespace, labels } = pod.metadata ?? {};
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, labels, creationTimestamp: new Date().toISOString() },
    timestamp: new Date().toISOString(),
    window: WINDOW,
    containers: containerUsage(pod).map(({ name: container, cpu, memory }) => ({
      name: container,
      usage: quantities(cpu, memory),
    })),
  };
}

/** A node's present use: what its pods use, and a little for the system. */
export function nodeMetrics(node: V1Node, pods: V1Pod[]): object {
  const name = node.metadata?.name;
  const used = pods.filter(({ spec }) => spec?.nodeName === name).flatMap(containerUsage);
  const cpu = used.reduce((sum, container) => sum + container.cpu, 0.15);
  const memory = used.reduce((sum, container) => sum + container.memory, 512 * 2 ** 20);
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, labels: node.metadata?.labels, creationTimestamp: new Date().toISOString() },
    timestamp: new Date().toISOString(),
    window: WINDOW,
    usage: quantities(cpu, memory),
  };
}

function containerUsage(pod: V1Pod): { name: string; cpu: number; memory: number }[] {
  const { annotations = {} } = pod.metadata ?? {};
  return (pod.spec?.containers ?? []).map(({ name, resources }) => ({
    name,
    cpu: scalar(annotations['belay.dev/cpu']) ?? share(resources?.requests?.['cpu']) ?? DEFAULT_MILLICORES / 1000,
    memory:
      scalar(annotations['belay.dev/memory']) ?? share(resources?.requests?.['memory']) ?? DEFAULT_MEBIBYTES * 2 ** 20,
  }));
}

function share(request: string | undefined): number | undefined {
  const value = scalar(request);
  return value === undefined ? undefined : value * SHARE;
}

function quantities(cpu: number, memory: number): { cpu: string; memory: string } {
  return { cpu: `${Math.round(cpu * 1e9)}n`, memory: `${Math.round(memory / 1024)}Ki` };
}
