import { ApiError } from '../../api/apiError.js';
import type { Cluster } from '../place.js';
import type { SavedObject } from '../types.js';

/** A warning when autoscalers come back and the metrics that most of them scale by are not served. */
export async function metricsWarning(cluster: Cluster, saved: SavedObject[]): Promise<string[]> {
  if (!saved.some(({ ref }) => ref.kind === 'HorizontalPodAutoscaler')) return [];
  try {
    await cluster.get('/apis/metrics.k8s.io/v1beta1');
    return [];
  } catch (error) {
    cluster.signal.throwIfAborted();
    if (!(error instanceof ApiError) || error.status === 403) return [];
    return [
      `The resource metrics API does not answer (${error.status || error.reason}): autoscalers that scale by CPU or memory leave the number of pods as it is until it does.`,
    ];
  }
}
