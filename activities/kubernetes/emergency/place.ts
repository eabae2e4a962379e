import { Context } from '@temporalio/activity';
import { throwIfCancelled } from '../../temporal/heartbeat.js';
import { isStatus } from '../api/apiError.js';
import type { Answer, Call, KubeClients } from '../api/clients.js';
import { toFailure } from '../api/failure.js';
import type { KubeList } from '../model/objects.js';
import type { Connect } from '../session.js';
import type { ObjectKey, ObjectRef, Place } from './types.js';

/** The calls of one activity on one namespace, cancelled with the activity. */
export class Cluster {
  constructor(
    readonly place: Place,
    readonly clients: KubeClients,
    readonly signal: AbortSignal,
  ) {}

  call<T>(call: Call): Promise<Answer<T>> {
    return this.clients.call<T>({ signal: this.signal, ...call });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.call<T>({ path })).body;
  }

  async list<T>(path: string, query: NonNullable<Call['query']> = {}): Promise<T[]> {
    return (await this.call<KubeList<T>>({ path, query })).body.items;
  }

  /** A list of a kind that the cluster may not know: none then. */
  async listIfServed<T>(path: string): Promise<T[]> {
    try {
      return await this.list<T>(path);
    } catch (error) {
      if (isStatus(error, 404)) return [];
      throw error;
    }
  }
}

/** Runs an activity's work on a namespace; turns API errors into typed failures and a cancellation into the SDK's. */
export async function withPlace<T>(connect: Connect, place: Place, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = new Cluster(place, connect(place.context), Context.current().cancellationSignal);
  try {
    return await work(cluster);
  } catch (error) {
    await throwIfCancelled();
    throw toFailure(error, { kind: 'Deployment', name: '*', ...place });
  }
}

/** `Deployment/web`, or `Application argocd/web` outside of the system's own namespace. Pure. */
export function keyOf(place: Pick<Place, 'namespace'>, ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): ObjectKey {
  return ref.namespace === place.namespace ? `${ref.kind}/${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
