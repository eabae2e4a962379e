import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { connect } from '../../sandbox/kubernetes/client.js';
import { applySystem } from '../../sandbox/kubernetes/seed.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { prepareNeighbours } from './cluster.js';
import { backupsOverlay, prepareEstate } from './estate.js';
import { incidentOverlay } from './incident.js';
import { overlayDir } from '../cli/sandboxAddresses.js';

/** The system that the demo works on; its description is one of the five, with the addresses of the sandbox. */
export const demoSystem = 'intendly';
const services = ['backend-relayer', 'backend-coordinator', 'websocket-server'] as const;
const repository = (service: string): string =>
  `ghcr.io/intendly/${service === 'websocket-server' ? 'websocket' : 'intendly-backend'}`;

/** Image of a service; the sandbox's pods behave as the tag says (`1.4.3-crashfast` crashes at its start). */
export const image = (service: string, tag: string): string => `${repository(service)}:${tag}`;

/** An update of all three services, in the form of the runbook's input. */
export const changes = (tag: (service: string) => string): { workload: string; image: string }[] =>
  services.map((workload) => ({ workload, image: image(workload, tag(workload)) }));

/** Error rate of the new pods over a few seconds: the sandbox sends each service some requests a second. */
const errorRate = {
  name: 'error rate',
  query:
    '(sum(rate(http_requests_total{namespace="{{namespace}}",pod=~"{{newPods}}",status=~"5.."}[{{window}}])) or vector(0)) / sum(rate(http_requests_total{namespace="{{namespace}}",pod=~"{{newPods}}"}[{{window}}]))',
  max: 0.05,
  windowSeconds: 10,
  intervalSeconds: 2,
  count: 3,
};

function overlay(state: SandboxState): unknown {
  const { services: playground, registry, prometheus, kubernetes } = state;
  const check = (name: string, endpoint: string) => ({
    name,
    endpoint,
    path: '/health',
    times: 3,
    intervalSeconds: 0.3,
  });
  return {
    environment: 'sandbox',
    kubernetes: { context: kubernetes?.context, namespace: demoSystem },
    workloads: services.map((name) => ({
      ...{ name, tier: name === 'websocket-server' ? 'realtime' : 'backend', container: name },
      health: [check(`${name} health`, name)],
      gates: [errorRate],
    })),
    endpoints: {
      ...{ api: null, app: null, relayer: null, 'websocket-metrics': null },
      ...Object.fromEntries(services.map((name) => [name, `${playground?.url}/${demoSystem}/${name}`])),
    },
    health: [],
    smoke: [check('relayer answers', 'backend-relayer')],
    prometheus: { url: prometheus?.url },
    ...incidentOverlay(),
    // The sandbox's Slack has this channel.
    channels: { 'production-alerts': { channel: '#ops' }, devops: { channel: '#ops' } },
    backups: backupsOverlay(state),
    policies: {
      rollingUpdate: {
        ...{ deadlineSeconds: 120, bakeSeconds: 10 },
        images: { mirrors: { 'ghcr.io': registry?.host }, insecureRegistries: [registry?.host] },
      },
      emergency: { drainSeconds: 2, recovery: { bakeSeconds: 5 } },
    },
  };
}

/** Creates the demo's services at version 1.4.1 and points the system's description at the sandbox. Safe to repeat. */
export async function preparePlace(state: SandboxState): Promise<void> {
  if (!state.kubernetes) throw new Error('the sandbox has no Kubernetes; start it with: belay sandbox up');
  mkdirSync(overlayDir(state), { recursive: true });
  writeFileSync(join(overlayDir(state), `${demoSystem}.yaml`), stringify(overlay(state)));
  await applySystem(state.kubernetes.kubeconfig, {
    namespace: demoSystem,
    workloads: services.map((name) => ({
      ...{
        kind: 'Deployment' as const,
        name,
        container: name,
        image: image(name, '1.4.1'),
        replicas: 2,
        trafficRps: 5,
      },
    })),
  });
  await prepareNeighbours(state.kubernetes.kubeconfig, demoSystem);
  await prepareEstate(state);
  // An earlier demo has quarantined the version that crashes.
  const { core } = connect(state.kubernetes.kubeconfig);
  await core.deleteCollectionNamespacedConfigMap({
    namespace: demoSystem,
    labelSelector: 'app.kubernetes.io/managed-by=belay',
  });
}
