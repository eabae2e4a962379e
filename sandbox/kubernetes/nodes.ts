import type { V1Node } from '@kubernetes/client-node';

/**
 * A node as a kubelet would register it. Its capacity is bounded, so that a request for more than this stays
 * unschedulable; a node is amd64 Linux with room for 1000 small pods.
 */
export function node(index: number, kubeletPort: number): V1Node {
  const name = `node-${String.fromCodePoint(97 + index)}`;
  const resources = { cpu: '32', memory: '128Gi', 'ephemeral-storage': '100Gi', pods: '1000' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/region': 'sandbox',
        'topology.kubernetes.io/zone': `sandbox-${name.slice(-1)}`,
        'node-role.kubernetes.io/agent': '',
      },
    },
    spec: { podCIDR: `10.244.${index * 16}.0/20`, podCIDRs: [`10.244.${index * 16}.0/20`] },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        kubeletVersion: 'v1.36.3',
        containerRuntimeVersion: 'containerd://2.1.0',
        osImage: 'Belay sandbox',
        kernelVersion: '6.1.0',
        kubeProxyVersion: '',
        bootID: '',
        machineID: '',
        systemUUID: '',
      },
    },
  };
}
