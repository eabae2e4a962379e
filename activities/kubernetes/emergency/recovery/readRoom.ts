import { ApiError } from '../../api/apiError.js';
import { rightOf } from '../../api/failure.js';
import type { Pod } from '../../model/objects.js';
import { listPages } from '../pages.js';
import type { Cluster } from '../place.js';
import { type Demand, demandsOf, judgeRoom, type Node, roomOf } from './room.js';
import type { Returning } from './identity.js';

const MAX_NODES = 5_000;
const MAX_PODS = 30_000;

/** Reads the nodes and the pods of the whole cluster, and judges the room for these workloads. Without the right to that it is a warning. */
export async function checkRoom(cluster: Cluster, workloads: Returning[]): ReturnType<typeof judge> {
  const demands = demandsOf(workloads);
  if (demands.length === 0) return { problems: [], warnings: [] };
  try {
    return await judge(cluster, demands);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    const right = rightOf(error.call);
    return {
      problems: [],
      warnings: [
        `The worker may not ${right} in the whole cluster, so the room for the pods is not known; grant it as deploy/rbac does.`,
      ],
    };
  }
}

async function judge(cluster: Cluster, demands: Demand[]): Promise<{ problems: string[]; warnings: string[] }> {
  const [nodes, pods] = await Promise.all([
    listPages<Node>(cluster, '/api/v1/nodes', { max: MAX_NODES }),
    listPages<Pod>(cluster, '/api/v1/pods', {
      max: MAX_PODS,
      query: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
    }),
  ]);
  if (nodes.cut || pods.cut)
    return {
      problems: [],
      warnings: [
        `The cluster has more than ${MAX_PODS} pods or ${MAX_NODES} nodes, so the room for the pods was not computed.`,
      ],
    };
  return judgeRoom(demands, roomOf(nodes.items, pods.items));
}
