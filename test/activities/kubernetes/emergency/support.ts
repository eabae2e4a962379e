import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import type { Cluster as Calls } from '../../../../activities/kubernetes/emergency/place.js';
import { withPlace } from '../../../../activities/kubernetes/emergency/place.js';
import { listPath, RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import type { SavedKind, SurveyInput } from '../../../../activities/kubernetes/emergency/types.js';
import { type Session, withSession } from '../../../../activities/kubernetes/session.js';
import type { WorkloadRef } from '../../../../activities/kubernetes/types.js';
import { create, run, SANDBOX_MS } from '../support.js';

export const surveyInput = (namespace: string, more: Partial<SurveyInput> = {}): SurveyInput => ({
  place: { namespace },
  system: 'shop',
  workloads: [],
  gitops: [],
  ...more,
});

/** Runs work on a namespace as an activity does. */
export const inPlace = async <T>(
  clients: KubeClients,
  namespace: string,
  work: (cluster: Calls) => Promise<T>,
): Promise<T> => {
  const deadline = Date.now() + SANDBOX_MS;
  for (;;) {
    try {
      return await run(() => withPlace(() => clients, { namespace }, work), undefined);
    } catch (error) {
      // A kind that another test registers at this moment; Temporal would ask again as well.
      if (!String(error).includes('storage is (re)initializing') || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
};

/** Runs work on a workload as an activity does. */
export const inSession = <T>(
  clients: KubeClients,
  ref: WorkloadRef,
  work: (session: Session) => Promise<T>,
): Promise<T> => run(() => withSession(() => clients, ref, work), undefined);

/** Creates an object of a kind that an emergency touches. */
export const make = (clients: KubeClients, kind: SavedKind, namespace: string, name: string, body: object) => {
  const { metadata, ...rest } = body as { metadata?: object };
  const { apiVersion } = RESOURCES[kind];
  return create(clients, listPath(kind, namespace), { apiVersion, kind, metadata: { name, ...metadata }, ...rest });
};

/** The same client, counting its calls. */
export function counting(clients: KubeClients): { clients: KubeClients; paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    clients: {
      ...clients,
      call: (call) => {
        paths.push(call.path);
        return clients.call(call);
      },
    },
  };
}
