import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { isStatus } from '../../../../activities/kubernetes/api/apiError.js';
import type { Condition } from '../../../../activities/kubernetes/model/objects.js';
import { listPath, RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { create, until } from '../support.js';

const KINDS = ['ScaledObject', 'HTTPRoute', 'Application', 'Kustomization', 'HelmRelease'] as const;
const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * The kinds of KEDA, Gateway API, Argo CD and Flux, without their controllers and with any fields. They stay in the shared cluster,
 * because several tests use them at once.
 */
export async function extensions(clients: KubeClients): Promise<void> {
  await Promise.all(
    KINDS.map(async (kind) => {
      const { apiVersion, plural } = RESOURCES[kind];
      const [group = '', version = ''] = apiVersion.split('/');
      const name = `${plural}.${group}`;
      try {
        await create(clients, PATH, definition(group, version, plural, kind));
      } catch (error) {
        if (!isStatus(error, 409)) throw error;
      }
      await until(`${name} is served`, async () => {
        const { body } = await clients.call<{ status?: { conditions?: Condition[] } }>({ path: `${PATH}/${name}` });
        const established = body.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
        return established && (await clients.call({ path: listPath(kind, 'default') })) !== undefined;
      });
    }),
  );
}

const definition = (group: string, version: string, plural: string, kind: string) => ({
  metadata: {
    name: `${plural}.${group}`,
    // Without it the API server keeps groups of Kubernetes' own domain to reviewed kinds.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
