import { createDeployments, clusterOf, waitComplete } from '../kit/deployments.js';
import type { Place } from '../kit/place.js';
import { image } from '../kit/systems.js';
import type { Fault } from './faults.js';
import { kubectl } from './kubectl.js';

/** What `kubectl rollout status` made of the same fault on a plain Deployment. */
export interface PeerEnd {
  fault: string;
  seconds: number;
  /** `gaveUp`: our own cap was reached first. */
  verdict: 'failed' | 'succeeded' | 'gaveUp';
  said: string;
  /** Whether the bad image still stood there afterwards. */
  badImageStays: boolean;
}

const workload = 'app';

/** The peer's clock starts once `kubectl set image` has returned: later, and so kinder, than ours. */
async function watchPeer(place: Place, fault: Fault, capSeconds: number): Promise<PeerEnd> {
  const namespace = `bench-peer-${fault.id}`;
  const run = kubectl(place.state, namespace);
  const bad = image(`2.0.0-${fault.tag}`);
  const set = await run(['set', 'image', `deployment/${workload}`, `app=${bad}`]);
  if (set.code !== 0) throw new Error(`kubectl set image failed: ${set.said}`);
  const started = performance.now();
  const status = ['rollout', 'status', `deployment/${workload}`, `--timeout=${capSeconds}s`];
  const { code, said } = await run(status, (capSeconds + 30) * 1_000);
  const seconds = (performance.now() - started) / 1_000;
  const { spec } = await clusterOf(place.state).apps.readNamespacedDeployment({ name: workload, namespace });
  const badImageStays = spec?.template.spec?.containers[0]?.image === bad;
  const verdict = code === 0 ? 'succeeded' : /timed out waiting/.test(said) ? 'gaveUp' : 'failed';
  return { fault: fault.id, seconds, verdict, said, badImageStays };
}

/** Prepares one plain Deployment per fault; the returned function updates all of them at once and waits for kubectl's word. */
export async function preparePeers(
  place: Place,
  faults: readonly Fault[],
  capSeconds: number,
): Promise<() => Promise<PeerEnd[]>> {
  const systems = faults.map(({ id }) => ({ name: `bench-peer-${id}`, workloads: [workload] }));
  for (const system of systems) await createDeployments(place.state, system);
  await waitComplete(
    clusterOf(place.state),
    systems.map(({ name }) => name),
  );
  return () => Promise.all(faults.map((fault) => watchPeer(place, fault, capSeconds)));
}
