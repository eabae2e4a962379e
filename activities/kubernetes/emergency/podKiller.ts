import { bounded } from '../../secrets/redact.js';
import { isStatus } from '../api/apiError.js';
import type { Pod } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { inParallel } from '../objects/api.js';
import type { Cluster } from './place.js';

const AT_ONCE = 12;
/** A pod that is still there after this time is asked for once more. */
const AGAIN_MS = 5_000;

/** Deletes pods with no grace, each by UID, so that one made anew under the same name is another one. Safe to repeat. */
export class PodKiller {
  private readonly askedAt = new Map<string, number>();
  private readonly refused = new Map<string, string>();
  private working = false;

  constructor(private readonly cluster: Cluster) {}

  /** Starts deleting those that have not been asked for lately; returns at once. Call it at every look. */
  kill(pods: readonly Pod[]): void {
    const due = pods.filter(({ metadata }) => (this.askedAt.get(metadata.uid) ?? 0) <= Date.now() - AGAIN_MS);
    if (this.working || due.length === 0) return;
    this.working = true;
    void inParallel(due, AT_ONCE, (pod) => this.delete(pod)).finally(() => (this.working = false));
  }

  /** Why the API server did not delete this pod. */
  refusalOf(uid: string): string | undefined {
    return this.refused.get(uid);
  }

  private async delete({ metadata: { name, uid } }: Pod): Promise<void> {
    this.askedAt.set(uid, Date.now());
    const path = corePath(this.cluster.place.namespace, 'pods', name);
    try {
      await this.cluster.call({ method: 'DELETE', path, body: { gracePeriodSeconds: 0, preconditions: { uid } } });
      this.refused.delete(uid);
    } catch (error) {
      // Gone, or another pod of that name by now.
      if (isStatus(error, 404) || isStatus(error, 409)) return;
      this.refused.set(uid, bounded(error instanceof Error ? error.message : String(error), 300));
    }
  }
}
