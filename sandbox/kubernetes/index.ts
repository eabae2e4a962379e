import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startHostProcess } from '../host/process.js';
import { freePort } from '../kit/ports.js';
import { startDetached, stopPid, waitReady, type StartedProcess } from '../kit/process.js';
import { findOrInstall } from '../kit/program.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { createPki } from './certificates.js';
import { connect } from './client.js';
import { apiserverArgs, controllerManagerArgs, etcdArgs, kwokArgs, schedulerArgs } from './flags.js';
import { CONTEXT, writeKubeconfig } from './kubeconfig.js';
import { kubeProgram } from './program.js';
import { registerMetricsApi } from './registerMetricsApi.js';
import { writeKwokConfig } from './stages.js';
import { apiReady, createNodes, controllersReady, nodesReady } from './startup.js';

const READY_TIMEOUT_MS = 60_000;

export interface KubernetesOptions {
  /** The sandbox's folder; everything is written below `dir/kubernetes`, `dir/logs` and `dir/run`. */
  dir: string;
  progress: Progress;
  /** Number of nodes, 2 to 16; default 2 (`node-a`, `node-b`). */
  nodes?: number;
}

export interface StartedKubernetes {
  /** Process ids by component, in start order. */
  pids: Record<string, number>;
  kubernetes: NonNullable<SandboxState['kubernetes']>;
}

/**
 * Starts a fresh Kubernetes: etcd, kube-apiserver (RBAC, usual admission), kube-controller-manager, kube-scheduler, kwok as
 * kubelets, and the host process that answers for the kubelets' logs and for the metrics API. Returns when nodes are
 * ready. If a part does not start, the ones before it are stopped again. Data of an earlier start in `dir` is not reused.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<StartedKubernetes> {
  const { progress } = options;
  const count = options.nodes ?? 2;
  if (!Number.isInteger(count) || count < 2 || count > 16) {
    throw new Error(`The sandbox's cluster can have 2 to 16 nodes, not ${count}.`);
  }
  const program = await findOrInstall(kubeProgram, progress);
  const dir = join(options.dir, 'kubernetes');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const started: StartedProcess[] = [];
  const start = async (name: string, args: string[]): Promise<StartedProcess> => {
    const child = await startDetached({ name, file: program, args, dir: options.dir });
    started.push(child);
    return child;
  };
  try {
    progress('starting the Kubernetes control plane');
    const [pki, config, etcdClient, etcdPeer, apiserver, kubelet, metrics] = await Promise.all([
      createPki(join(dir, 'pki')),
      writeKwokConfig(join(dir, 'kwok.yaml')),
      freePort(),
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ]);
    const ports = { etcdClient, etcdPeer, apiserver };
    const server = `https://127.0.0.1:${apiserver}`;
    const kubeconfig = (name: keyof typeof pki.tokens, file = join(pki.dir, `${name}.kubeconfig`)): Promise<string> =>
      writeKubeconfig(file, server, pki.ca, pki.tokens[name]);

    await start('etcd', etcdArgs(dir, pki, ports));
    const api = await start('kube-apiserver', apiserverArgs(dir, pki, ports));
    const admin = await kubeconfig('admin', join(dir, 'kubeconfig'));
    const cluster = connect(admin);
    await waitReady(api, () => apiReady(cluster), READY_TIMEOUT_MS);

    const manager = await start(
      'kube-controller-manager',
      controllerManagerArgs(await kubeconfig('kube-controller-manager'), pki),
    );
    await start('kube-scheduler', schedulerArgs(await kubeconfig('kube-scheduler')));
    await createNodes(cluster, count, kubelet);
    const kwok = await start('kwok', kwokArgs(await kubeconfig('kwok'), config));
    const host = await startHostProcess({
      name: 'kubelet',
      dir: options.dir,
      config: {
        kubeconfig: await kubeconfig('kubelet'),
        kubelet: { port: kubelet, cert: pki.file('server.crt'), key: pki.file('server.key'), ca: pki.file('ca.crt') },
        metrics: {
          port: metrics,
          cert: pki.file('server.crt'),
          key: pki.file('server.key'),
          ca: pki.file('front-proxy-ca.crt'),
        },
      },
    });
    started.push(host.process);
    await registerMetricsApi(cluster, metrics, pki.ca);
    await Promise.all([
      waitReady(kwok, () => nodesReady(cluster, count), READY_TIMEOUT_MS),
      waitReady(manager, () => controllersReady(cluster), READY_TIMEOUT_MS),
      host.ready(READY_TIMEOUT_MS),
    ]);
    progress(`Kubernetes is ready at ${server} with ${count} nodes`);
    return { pids: pidsOf(started), kubernetes: { server, kubeconfig: admin, context: CONTEXT } };
  } catch (error) {
    await Promise.allSettled(started.toReversed().map((child) => stopPid(child.pid, 5_000)));
    throw error;
  }
}

function pidsOf(started: StartedProcess[]): Record<string, number> {
  return Object.fromEntries(started.map((child) => [child.name, child.pid]));
}
