import type { SandboxState } from '../kit/types.js';

/** HTTPS on loopback; callers must show a certificate signed by `ca`. Values are paths of PEM files. */
export interface TlsPort {
  port: number;
  cert: string;
  key: string;
  ca: string;
}

/** What a host process shall serve; parts that are absent are not served. All ports are on 127.0.0.1. */
export interface HostConfig {
  /** File that the process writes when every part listens; holds a `HostReady`. */
  readyFile: string;
  /** Needed by kubelet, metrics and services. */
  kubeconfig?: string;
  /** The kubelets' log endpoint. */
  kubelet?: TlsPort;
  /** metrics.k8s.io. */
  metrics?: TlsPort;
  services?: { port: number };
  registry?: { port: number };
  slack?: { port: number };
  statuspage?: { port: number };
  pagerduty?: { port: number };
  /** SMTP, and HTTP to look into it. */
  mail?: { port: number; controlPort: number };
}

/** Where the parts of a host process are found. */
export interface HostReady {
  services?: { url: string };
  registry?: { host: string };
  slack?: { url: string; token: string; signingSecret: string };
  statuspage?: { url: string; token: string; pageId: string; components: string[] };
  pagerduty?: NonNullable<SandboxState['pagerduty']>;
  mail?: NonNullable<SandboxState['mail']>;
}
