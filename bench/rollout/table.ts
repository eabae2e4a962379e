import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import type { Summary } from '../kit/stats.js';
import type { PeerEnd } from './peer.js';
import type { FaultResult, RolloutResult } from './suite.js';

const spread = ({ p50, p95, max }: Summary): string => [p50, p95, max].map(rounded).join(' / ');

function peerSays(peer: PeerEnd | undefined): string {
  if (!peer) return 'not measured';
  const after = `${rounded(peer.seconds)} s`;
  if (peer.verdict === 'failed') return `failed after ${after}`;
  return peer.verdict === 'succeeded' ? `success after ${after}` : `nothing within ${after}`;
}

/** Greatest of our times to the verdict against the peer's one. */
function ratio({ detect }: FaultResult, peer: PeerEnd | undefined): string {
  if (!peer) return '–';
  if (peer.verdict === 'succeeded') return 'not noticed';
  const times = peer.seconds / detect.max;
  return `${peer.verdict === 'gaveUp' ? 'more than ' : ''}${times < 10 ? times.toFixed(1) : Math.round(times)} ×`;
}

/** Tables of the rollout suite for the docs page. Times are p50 / p95 / max in seconds. */
export function rolloutTable({ faults, peers, kubectl, concurrency }: RolloutResult): string {
  const head = ['Fault', 'runs', 'write → verdict', 'verdict → rollback patch', 'write → rolled back and verified'];
  const peerHead = ['`kubectl rollout status`', 'Ratio', 'Its rollback'];
  const rows = faults.map((result) => {
    const peer = peers.find(({ fault }) => fault === result.fault);
    return [
      ...[result.title, String(result.detect.n), spread(result.detect), spread(result.revert), spread(result.back)],
      ...[peerSays(peer), ratio(result, peer), peer?.badImageStays ? 'never' : '–'],
    ];
  });
  const verdicts = faults.map(({ title, verdict }) => `- ${title}: “${verdict}”`).join('\n');
  return `Seconds, p50 / p95 / max; ${concurrency} runs at a time; kubectl ${kubectl}. The ratio is kubectl's time to its verdict over our longest.\n\n${table([...head, ...peerHead], rows)}\n\nWhat the verdict says, for example:\n\n${verdicts}`;
}
