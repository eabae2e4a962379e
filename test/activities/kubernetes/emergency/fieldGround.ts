import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { objectPath, RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { setFields } from '../../../../activities/kubernetes/emergency/setFields.js';
import type {
  Change,
  EmergencyActivities,
  FieldChange,
  ObjectRef,
  SavedKind,
} from '../../../../activities/kubernetes/emergency/types.js';
import type { KubeObject } from '../../../../activities/kubernetes/model/objects.js';
import { type Cluster, deploy, runRef } from '../support.js';
import { inPlace, make } from './support.js';

type Input = Parameters<EmergencyActivities['setFields']>[0];

/** Making objects in a test's namespace, reading them, and setting their fields. */
export class FieldGround {
  constructor(private readonly where: Cluster) {}

  set(changes: FieldChange[], more: Partial<Input> = {}, clients: KubeClients = this.where.clients): Promise<Change[]> {
    return inPlace(clients, this.where.namespace, (calls) =>
      setFields(calls, { place: calls.place, changes, run: runRef('1'), ...more }),
    );
  }

  async read(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): Promise<KubeObject> {
    return (await this.where.clients.call<KubeObject>({ path: objectPath(ref) })).body;
  }

  async refOf(kind: SavedKind, name: string): Promise<ObjectRef> {
    const { namespace } = this.where;
    const { metadata } = await this.read({ kind, namespace, name });
    return { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid: metadata.uid };
  }

  async made(kind: SavedKind, name: string, body: object): Promise<ObjectRef> {
    const { apiVersion } = RESOURCES[kind];
    await make(this.where.clients, kind, this.where.namespace, name, { apiVersion, kind, ...body });
    return this.refOf(kind, name);
  }

  async deployed(name: string, replicas: number, env: Record<string, string> = {}): Promise<ObjectRef> {
    await deploy(this.where, { name, replicas, env, tag: '1.0-notready' });
    return this.refOf('Deployment', name);
  }
}

export const outcomes = (changes: Change[]): string[] => changes.map(({ outcome }) => outcome);
