import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import type { Answer, Call, KubeClients } from '../../../../activities/kubernetes/api/clients.js';
import { readHoldings } from '../../../../activities/kubernetes/emergency/holdings.js';
import { lookAtObjects } from '../../../../activities/kubernetes/emergency/lookAtObjects.js';
import { Cluster } from '../../../../activities/kubernetes/emergency/place.js';
import { listPath } from '../../../../activities/kubernetes/emergency/resources.js';
import { input } from './samples.js';

/** A cluster that answers paths containing a key with that status, and everything else with nothing. */
function clusterWith(statuses: Record<string, number>): Cluster {
  const never = (): never => {
    throw new Error('not called here');
  };
  const clients: KubeClients = {
    context: 'test',
    text: never,
    stream: never,
    async call<T>({ path }: Call): Promise<Answer<T>> {
      const status = Object.entries(statuses).find(([part]) => path.endsWith(part))?.[1];
      if (status !== undefined) throw new ApiError(status, 'X', 'no', { method: 'GET', path });
      const items = path.endsWith('/pods') ? [{ metadata: { name: 'web-1', uid: 'u' }, spec: { containers: [] } }] : [];
      const body = { metadata: { name: 'prod' }, items };
      return { body: body as T, serverTime: new Date() };
    },
  };
  return new Cluster({ namespace: 'prod' }, clients, new AbortController().signal);
}

describe('kinds that cannot be read', () => {
  test.each([
    ['all served', {}, []],
    ['one not served', { scaledobjects: 404 }, []],
    ['one not served, to somebody without a right to it', { scaledobjects: 403, '/keda.sh/v1alpha1': 404 }, []],
    ['one forbidden', { scaledobjects: 403 }, ['may not list scaledobjects.keda.sh in namespace prod']],
    ['a built-in one forbidden', { '/cronjobs': 403 }, ['may not list cronjobs.batch in namespace prod']],
    ['a broken extension', { httproutes: 503 }, ['serves httproutes.gateway.networking.k8s.io answers 503']],
    ['the namespace forbidden', { '/namespaces/prod': 403 }, ['may not get namespaces in namespace prod']],
    [
      'no such namespace',
      { '/namespaces/prod': 404 },
      ['Namespace prod does not exist in the cluster of context test'],
    ],
  ])('%s', async (_, statuses, sentences) => {
    const { problems } = await readHoldings(clusterWith(statuses));
    expect(problems).toEqual(sentences.map((sentence) => expect.stringContaining(sentence)));
  });

  test('only those that are served and cannot be read are called unread', async () => {
    const { unread } = await readHoldings(clusterWith({ scaledobjects: 404, httproutes: 403, '/deployments': 403 }));
    const prod = (kind: 'Deployment' | 'HTTPRoute') => listPath(kind, 'prod');
    expect(unread).toEqual(new Set([prod('Deployment'), prod('HTTPRoute')]));
  });

  test('what may not be read is not called missing, nor its pods homeless', async () => {
    const cluster = clusterWith({ '/deployments': 403 });
    const described = { ...input, workloads: [{ kind: 'Deployment' as const, name: 'web', tier: 'edge' }] };
    const { problems } = await lookAtObjects(cluster, described, {});
    expect(problems).toEqual([expect.stringContaining('may not list deployments.apps in namespace prod')]);
  });

  test.each([
    ['Kubernetes itself fails', { '/deployments': 500 }],
    ['the server throttles', { scaledobjects: 429 }],
    ['nothing answers', { '/pods': 0 }],
  ])('%s: tried again, not told', async (_, statuses) => {
    await expect(readHoldings(clusterWith(statuses))).rejects.toBeInstanceOf(ApiError);
  });
});
