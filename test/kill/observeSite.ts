import { Watch } from '@kubernetes/client-node';
import type { V1ConfigMap, V1Deployment, V1Secret } from '@kubernetes/client-node';
import type { SlackMessage } from '../../sandbox/slack/index.js';
import type { QuarantineEntry, SavedState } from '../../activities/kubernetes/types.js';
import type { Site } from '../scenarios/site.js';
import { slackMessages } from '../scenarios/slack.js';

const OURS = 'app.kubernetes.io/managed-by=belay';

/** What stands in the cluster after a run: the same however often the worker has died on the way. */
export async function clusterState(site: Site): Promise<unknown> {
  const { apps, core } = site.cluster;
  const namespace = site.name;
  const [deployments, secrets, maps] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    core.listNamespacedSecret({ namespace, labelSelector: OURS }),
    core.listNamespacedConfigMap({ namespace, labelSelector: OURS }),
  ]);
  return {
    deployments: deployments.items.map((one) => ({
      name: one.metadata?.name,
      images: one.spec?.template.spec?.containers.map((container) => container.image),
      templateAnnotations: one.spec?.template.metadata?.annotations ?? {},
      paused: one.spec?.paused ?? false,
      replicas: one.spec?.replicas,
      ready: one.status?.readyReplicas ?? 0,
    })),
    savedStates: secrets.items.map(savedState),
    quarantine: maps.items.flatMap((map) =>
      Object.values(map.data ?? {}).map((text) => {
        const { image, templateHash } = JSON.parse(text) as QuarantineEntry;
        return { name: map.metadata?.name, image, templateHash };
      }),
    ),
  };
}

function savedState(secret: V1Secret) {
  const meta = JSON.parse(Buffer.from(secret.data?.['meta.json'] ?? '', 'base64').toString()) as SavedState;
  const { version, images, healthy, templateHash } = meta;
  const verified = secret.metadata?.annotations?.['belay.dev/verified-at'] !== undefined;
  return { secret: secret.metadata?.name, version, images, healthy, templateHash, verified };
}

/** How often the outside world was touched. */
export async function siteEffects(site: Site, workflowId: string): Promise<unknown> {
  const { apps } = site.cluster;
  const namespace = site.name;
  const [deployments, replicaSets, reports, messages] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedReplicaSet({ namespace }),
    site.reports(),
    slackMessages(site.sandbox),
  ]);
  const keys = messages.map(keyOf).filter((key) => key.startsWith(`${workflowId}/`));
  return {
    // Every change of a spec counts one up, whoever made it.
    generations: deployments.items.map((one) => [one.metadata?.name, one.metadata?.generation]),
    writtenByRun: deployments.items.map((one) =>
      (one.metadata?.annotations?.['belay.dev/run'] ?? '').startsWith(workflowId),
    ),
    revisions: deployments.items.map((one) => one.metadata?.annotations?.['deployment.kubernetes.io/revision']),
    replicaSets: replicaSets.items.length,
    reports: reports.length,
    messagesPostedTwice: keys.filter((key, index) => keys.indexOf(key) !== index),
    messages: new Set(keys).size,
  };
}

const keyOf = ({ metadata }: SlackMessage): string =>
  (metadata as { event_payload?: { key?: string } } | undefined)?.event_payload?.key ?? '';

/** Tells of every write as the API server shows it: changes of Deployments' specs, new Secrets, changes of config maps. */
export async function watchSite(site: Site, seen: (effect: string) => void): Promise<() => void> {
  const { core, apps, config } = site.cluster;
  const namespace = site.name;
  const watch = new Watch(config);
  const generations = new Map<string, number>();
  const deployments = await apps.listNamespacedDeployment({ namespace });
  for (const { metadata } of deployments.items) generations.set(metadata?.name ?? '', metadata?.generation ?? 0);
  const secrets = await core.listNamespacedSecret({ namespace });
  const maps = await core.listNamespacedConfigMap({ namespace, labelSelector: OURS });
  const from = (list: { metadata?: { resourceVersion?: string } }) => ({
    resourceVersion: list.metadata?.resourceVersion ?? '',
  });
  const end = (): void => undefined;
  const watches = await Promise.all([
    watch.watch(
      `/apis/apps/v1/namespaces/${namespace}/deployments`,
      from(deployments),
      (_type, one: V1Deployment) => {
        const name = one.metadata?.name ?? '';
        const generation = one.metadata?.generation ?? 0;
        if (generation <= (generations.get(name) ?? 0)) return;
        generations.set(name, generation);
        seen(`Deployment ${name} changed`);
      },
      end,
    ),
    watch.watch(
      `/api/v1/namespaces/${namespace}/secrets`,
      { ...from(secrets), labelSelector: OURS },
      (type, one: V1Secret) => {
        seen(`Secret ${one.metadata?.name ?? ''} ${type.toLowerCase()}`);
      },
      end,
    ),
    watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { ...from(maps), labelSelector: OURS },
      (type, one: V1ConfigMap) => {
        seen(`ConfigMap ${one.metadata?.name ?? ''} ${type.toLowerCase()}`);
      },
      end,
    ),
  ]);
  return () => watches.forEach((controller) => controller.abort());
}
