import { join } from 'node:path';
import type { Pki } from './certificates.js';

export interface Ports {
  etcdClient: number;
  etcdPeer: number;
  apiserver: number;
}

// Enough for 100 rollouts at once: the defaults (20 requests a second, 5 objects at a time) would throttle them.
const QPS = { 'kube-api-qps': 2000, 'kube-api-burst': 4000 };

type Flags = Record<string, string | number | boolean>;

function args(command: string, flags: Flags): string[] {
  return [command, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}

/** etcd as single member; every connection needs a certificate, since any local user reaches a loopback port. */
export function etcdArgs(dir: string, pki: Pki, ports: Ports): string[] {
  const client = `https://127.0.0.1:${ports.etcdClient}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  return args('etcd', {
    name: 'sandbox',
    'data-dir': join(dir, 'etcd'),
    // A sandbox's data need not survive a power cut, and fsync would dominate the time of every write.
    'unsafe-no-fsync': true,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `sandbox=${peer}`,
    'client-cert-auth': true,
    'trusted-ca-file': pki.file('ca.crt'),
    'cert-file': pki.file('server.crt'),
    'key-file': pki.file('server.key'),
    'peer-client-cert-auth': true,
    'peer-trusted-ca-file': pki.file('ca.crt'),
    'peer-cert-file': pki.file('server.crt'),
    'peer-key-file': pki.file('server.key'),
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '5m',
    'log-level': 'warn',
  });
}

/** kube-apiserver with RBAC, the default admission plugins and the aggregator. */
export function apiserverArgs(dir: string, pki: Pki, ports: Ports): string[] {
  return args('kube-apiserver', {
    'etcd-servers': `https://127.0.0.1:${ports.etcdClient}`,
    'etcd-cafile': pki.file('ca.crt'),
    'etcd-certfile': pki.file('client.crt'),
    'etcd-keyfile': pki.file('client.key'),
    'bind-address': '127.0.0.1',
    'secure-port': ports.apiserver,
    'advertise-address': '127.0.0.1',
    // Loopback is no address for an Endpoints object; nothing runs inside this cluster that would need it.
    'endpoint-reconciler-type': 'none',
    'cert-dir': dir,
    'tls-cert-file': pki.file('server.crt'),
    'tls-private-key-file': pki.file('server.key'),
    'client-ca-file': pki.file('ca.crt'),
    'token-auth-file': pki.file('tokens.csv'),
    'authorization-mode': 'RBAC',
    'service-account-key-file': pki.file('service-accounts.crt'),
    'service-account-signing-key-file': pki.file('service-accounts.key'),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-cluster-ip-range': '10.0.0.0/16',
    'allow-privileged': true,
    'kubelet-preferred-address-types': 'InternalIP',
    'kubelet-certificate-authority': pki.file('ca.crt'),
    'kubelet-client-certificate': pki.file('client.crt'),
    'kubelet-client-key': pki.file('client.key'),
    'requestheader-client-ca-file': pki.file('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': pki.file('front-proxy-client.crt'),
    'proxy-client-key-file': pki.file('front-proxy-client.key'),
    profiling: false,
  });
}

/** kube-controller-manager; every controller acts as its own service account, as in a real cluster. */
export function controllerManagerArgs(kubeconfig: string, pki: Pki): string[] {
  const workers = 20;
  return args('kube-controller-manager', {
    kubeconfig,
    'leader-elect': false,
    'secure-port': 0,
    'use-service-account-credentials': true,
    'root-ca-file': pki.file('ca.crt'),
    'service-account-private-key-file': pki.file('service-accounts.key'),
    'concurrent-deployment-syncs': workers,
    'concurrent-replicaset-syncs': workers,
    'concurrent-statefulset-syncs': workers,
    'concurrent-daemonset-syncs': workers,
    'concurrent-service-endpoint-syncs': workers,
    // A metric counts soon after a pod's start, so that an autoscaler can be seen working within seconds.
    'horizontal-pod-autoscaler-sync-period': '3s',
    'horizontal-pod-autoscaler-cpu-initialization-period': '5s',
    'horizontal-pod-autoscaler-initial-readiness-delay': '1s',
    profiling: false,
    ...QPS,
  });
}

/** kube-scheduler with its default profile. */
export function schedulerArgs(kubeconfig: string): string[] {
  return args('kube-scheduler', { kubeconfig, 'leader-elect': false, 'secure-port': 0, profiling: false, ...QPS });
}

/** kwok for all nodes; `config` holds the stages. It renews the nodes' leases itself. */
export function kwokArgs(kubeconfig: string, config: string): string[] {
  return args('kwok', {
    kubeconfig,
    config,
    'manage-all-nodes': true,
    'node-ip': '127.0.0.1',
    'node-lease-duration-seconds': 40,
    v: 'warn',
  });
}
