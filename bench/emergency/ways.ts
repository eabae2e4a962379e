import type { ActivityRecord } from '../kit/history.js';
import type { Place } from '../kit/place.js';
import { startRunbook } from '../kit/run.js';
import { kubectl } from '../rollout/kubectl.js';
import type { DownSystem } from './system.js';

/** One way to stop a system, and to bring it back. Both return when they themselves say that it is done. */
export interface Way {
  name: WayName;
  down(system: DownSystem): Promise<WayEnd>;
  up(system: DownSystem): Promise<WayEnd>;
}

export const WAYS = ['belay', 'kubectl', 'parallel'] as const;
export type WayName = (typeof WAYS)[number];

export interface WayEnd {
  /** When it said so, by `performance.now()`. */
  endedAt: number;
  /** Time of each activity from start to end, the longest of a name, in milliseconds. */
  activities: Record<string, number>;
}

const WAIT_SECONDS = 300;

/** Belay's runbooks, started as the CLI does. */
export function belayWay(place: Place): Way {
  const play = async (runbook: string, { name }: DownSystem): Promise<WayEnd> => {
    const { ended } = await startRunbook(place, runbook, { system: name });
    const { end, endedAt, record } = await ended();
    if (end.outcome !== 'succeeded') throw new Error(`${runbook} on ${name}: ${end.outcome}: ${end.summary}`);
    return { endedAt, activities: longest(record.activities) };
  };
  return {
    name: 'belay',
    down: (system) => play('emergencyShutdown', system),
    up: (system) => play('emergencyRecovery', system),
  };
}

/** The longest of each name. */
export function longest(activities: readonly ActivityRecord[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, startedAt, endedAt } of activities) {
    if (startedAt === undefined || endedAt === undefined) continue;
    found[name] = Math.max(found[name] ?? 0, endedAt - startedAt);
  }
  return found;
}

const TIMEOUT = `--timeout=${WAIT_SECONDS}s`;

/** Runs one `kubectl` on the system's namespace; throws what it said unless it went well. */
async function command(place: Place, { name }: DownSystem, args: string[]): Promise<void> {
  const { code, said } = await kubectl(place.state, name)(args, (WAIT_SECONDS + 10) * 1_000);
  // Pods may all be gone before the wait looks for them.
  const isGone = args[0] === 'wait' && /no matching resources found/.test(said);
  if (code !== 0 && !isGone) throw new Error(`kubectl ${args.join(' ')} on ${name}: ${said}`);
}

/** kubectl by one way of scaling, and then its own waits. */
function waited(place: Place, name: WayName, scale: (system: DownSystem, replicas: number) => Promise<void>): Way {
  const play = async (system: DownSystem, replicas: number, wait: string[]): Promise<WayEnd> => {
    await scale(system, replicas);
    await command(place, system, wait);
    return { endedAt: performance.now(), activities: {} };
  };
  return {
    name,
    down: (system) => play(system, 0, ['wait', '--for=delete', 'pod', '--all', TIMEOUT]),
    up: (system) => play(system, 1, ['rollout', 'status', 'deployment', TIMEOUT]),
  };
}

/**
 * What people type: all Deployments to zero, then wait for the pods; all back to the number that they had, then watch the rollouts.
 * Every Deployment has one pod here, so that one command brings all back: kinder than one command for each.
 */
export const kubectlWay = (place: Place): Way =>
  waited(place, 'kubectl', (system, replicas) =>
    command(place, system, ['scale', 'deployment', '--all', `--replicas=${replicas}`]),
  );

/** Calls that one kubectl process makes before it holds itself back to five a second. */
const BURST = 10;
const PROCESSES = 8;

/** What a script could do: processes side by side, each of which ends before kubectl throttles it (`xargs -n10 -P8`). */
export const parallelWay = (place: Place): Way =>
  waited(place, 'parallel', async (system, replicas) => {
    const rest = [...system.workloads];
    const row = async (): Promise<void> => {
      for (let names = rest.splice(0, BURST); names.length > 0; names = rest.splice(0, BURST))
        await command(place, system, ['scale', 'deployment', ...names, `--replicas=${replicas}`]);
    };
    await Promise.all(Array.from({ length: PROCESSES }, row));
  });
