import type { Cluster } from '../../sandbox/kubernetes/client.js';
import { Observer, type Counts, type Moment } from './observer.js';
import type { DownSystem } from './system.js';
import type { Way, WayEnd } from './ways.js';

/** One shutdown, from its start; seconds. */
export interface DownTimes {
  /** Until no endpoint was ready any more. */
  dark: number;
  /** Until no pod was left, terminating ones included. */
  gone: number;
  /** Until the program itself said that it is done. */
  end: number;
}

/** One recovery, from its start; seconds. */
export interface UpTimes {
  /** Until every endpoint was ready again. */
  ready: number;
  /** Until the program itself said that it is done. */
  end: number;
}

export interface Measured<Times> {
  times: Times;
  /** Milliseconds. */
  activities: Record<string, number>;
}

const isDark = ({ endpoints }: Counts): boolean => endpoints === 0;
const isGone = ({ pods }: Counts): boolean => pods === 0;

/** Stops a system and measures it. */
export function measureDown(cluster: Cluster, way: Way, system: DownSystem): Promise<Measured<DownTimes>> {
  return observed(cluster, system, () => way.down(system), {
    dark: { what: 'no endpoint is ready', isSo: isDark },
    gone: { what: 'no pod is left', isSo: isGone },
  });
}

/** Brings a system back and measures it. */
export function measureUp(cluster: Cluster, way: Way, system: DownSystem): Promise<Measured<UpTimes>> {
  const isReady = ({ endpoints }: Counts): boolean => endpoints >= system.workloads.length;
  return observed(cluster, system, () => way.up(system), { ready: { what: 'every endpoint is ready', isSo: isReady } });
}

async function observed<Name extends string>(
  cluster: Cluster,
  { name }: DownSystem,
  play: () => Promise<WayEnd>,
  moments: Record<Name, Moment>,
): Promise<Measured<Record<Name | 'end', number>>> {
  const observer = await Observer.open(cluster, name);
  try {
    const from = performance.now();
    const names = Object.keys(moments) as Name[];
    const seen = Promise.all(names.map((moment) => observer.when(moments[moment])));
    const [{ endedAt, activities }, at] = await Promise.all([play(), seen]);
    const since = (time: number): number => (time - from) / 1_000;
    const times = Object.fromEntries(names.map((moment, index) => [moment, since(at[index] ?? Number.NaN)]));
    return { times: { ...(times as Record<Name, number>), end: since(endedAt) }, activities };
  } finally {
    observer.close();
  }
}
