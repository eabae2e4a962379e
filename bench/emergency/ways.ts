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

export type WayName = 'belay' | 'kubectl';

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

/**
 * What people type: all Deployments to zero, then wait for the pods; all back to the number that they had, then watch the rollouts.
 * Every Deployment has one pod here, so that one command brings all back: kinder than one command for each.
 */
export function kubectlWay(place: Place): Way {
  const play = async ({ name }: DownSystem, commands: string[][]): Promise<WayEnd> => {
    const run = kubectl(place.state, name);
    for (const command of commands) {
      const { code, said } = await run(command, (WAIT_SECONDS + 10) * 1_000);
      // Pods may all be gone before the wait looks for them.
      const isGone = command[0] === 'wait' && /no matching resources found/.test(said);
      if (code !== 0 && !isGone) throw new Error(`kubectl ${command.join(' ')} on ${name}: ${said}`);
    }
    return { endedAt: performance.now(), activities: {} };
  };
  const timeout = `--timeout=${WAIT_SECONDS}s`;
  return {
    name: 'kubectl',
    down: (system) =>
      play(system, [
        ['scale', 'deployment', '--all', '--replicas=0'],
        ['wait', '--for=delete', 'pod', '--all', timeout],
      ]),
    up: (system) =>
      play(system, [
        ['scale', 'deployment', '--all', '--replicas=1'],
        ['rollout', 'status', 'deployment', timeout],
      ]),
  };
}
