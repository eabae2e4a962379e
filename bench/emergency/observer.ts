import { Watch, type V1EndpointSlice, type V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../sandbox/kubernetes/client.js';

/** What stands in a namespace at a moment. */
export interface Counts {
  /** Pods, terminating ones included. */
  pods: number;
  /** Ready endpoints of all EndpointSlices. */
  endpoints: number;
}

/** Something that is to become so. */
export interface Moment {
  what: string;
  isSo: (counts: Counts) => boolean;
}

interface Waiting {
  isSo: Moment['isSo'];
  tell: (at: number) => void;
}

const LOST_MS = 300_000;

/**
 * Watches a namespace's pods and endpoints from outside of what is measured, the same for whoever is measured: times are those at which
 * the event reached this process (`performance.now()`).
 */
export class Observer {
  private readonly pods = new Set<string>();
  private readonly slices = new Map<string, number>();
  private readonly waiting = new Set<Waiting>();
  private readonly watches: AbortController[] = [];
  private lost: Error | undefined;

  private constructor() {}

  static async open(cluster: Cluster, namespace: string): Promise<Observer> {
    const observer = new Observer();
    const { core, discovery, config } = cluster;
    const [pods, slices] = await Promise.all([
      core.listNamespacedPod({ namespace }),
      discovery.listNamespacedEndpointSlice({ namespace }),
    ]);
    for (const pod of pods.items) observer.pod('ADDED', pod);
    for (const slice of slices.items) observer.slice('ADDED', slice);
    const watch = new Watch(config);
    const from = (list: { metadata?: { resourceVersion?: string } }) => ({
      resourceVersion: list.metadata?.resourceVersion ?? '',
    });
    const ended = (error: unknown): void => {
      observer.lost ??= error instanceof Error ? error : new Error('the API server ended the watch');
    };
    observer.watches.push(
      await watch.watch(
        `/api/v1/namespaces/${namespace}/pods`,
        from(pods),
        (type, pod: V1Pod) => observer.pod(type, pod),
        ended,
      ),
      await watch.watch(
        `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
        from(slices),
        (type, slice: V1EndpointSlice) => observer.slice(type, slice),
        ended,
      ),
    );
    return observer;
  }

  get counts(): Counts {
    let endpoints = 0;
    for (const ready of this.slices.values()) endpoints += ready;
    return { pods: this.pods.size, endpoints };
  }

  /** The time at which it is so for the first time from now on. Rejects after five minutes, and when a watch has ended before. */
  when({ what, isSo }: Moment): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(one);
        const { pods, endpoints } = this.counts;
        const why = this.lost === undefined ? '' : ` (the watch was lost: ${this.lost.message})`;
        reject(new Error(`never: ${what}; ${pods} pods and ${endpoints} ready endpoints${why}`));
      }, LOST_MS);
      const one: Waiting = {
        isSo,
        tell: (at) => {
          clearTimeout(timer);
          this.waiting.delete(one);
          resolve(at);
        },
      };
      this.waiting.add(one);
      this.look();
    });
  }

  close(): void {
    for (const watch of this.watches) watch.abort();
  }

  private pod(type: string, { metadata }: V1Pod): void {
    const uid = metadata?.uid ?? '';
    if (type === 'DELETED') this.pods.delete(uid);
    else this.pods.add(uid);
    this.look();
  }

  private slice(type: string, { metadata, endpoints }: V1EndpointSlice): void {
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true).length;
    if (type === 'DELETED') this.slices.delete(metadata?.uid ?? '');
    else this.slices.set(metadata?.uid ?? '', ready);
    this.look();
  }

  private look(): void {
    if (this.waiting.size === 0) return;
    const [at, counts] = [performance.now(), this.counts];
    for (const one of this.waiting) if (one.isSo(counts)) one.tell(at);
  }
}
