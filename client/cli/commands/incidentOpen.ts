import { randomUUID } from 'node:crypto';
import type { System } from '../../../systems/schema.js';
import { loadSystem } from '../../../systems/load.js';
import { openIncident } from '../../incidents/open.js';
import type { IncidentSystem } from '../../incidents/port.js';
import { UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { actor, prepareInput } from '../prepare.js';
import { taskQueue, withTemporal } from '../session.js';
import { answered } from './incidentIds.js';
import { warnWithoutWorker } from './start.js';

export interface OpenOptions {
  service?: string;
  security?: boolean;
  reason?: string;
  as?: string;
  requestId?: string;
}

const hasIncidents = (system: System): system is IncidentSystem => system.incidents !== undefined;

/** `belay incident open <system> <severity> <title>`: opens an incident and pages who is on call. The same `--request-id` opens one. */
export async function incidentOpen(
  io: Io,
  { system, severity, title }: { system: string; severity: string; title: string },
  options: OpenOptions,
): Promise<number> {
  const { service, security, reason = title, as = actor(io), requestId = randomUUID() } = options;
  const opening = {
    ...{
      title,
      severity,
      reason,
      requestedBy: as,
      kind: security === true ? ('security' as const) : ('operational' as const),
    },
    ...(service !== undefined && { service }),
  };
  // As the run itself will check it, with every problem named, before anything is contacted.
  await prepareInput(io, 'incident', { input: JSON.stringify({ system, ...opening }) }, []);
  const described = loadSystem(system).system;
  if (!hasIncidents(described)) throw new UsageError(`${system} describes no incidents; add \`incidents\` to it`);
  return withTemporal(io, async (temporal) => {
    await warnWithoutWorker(io, temporal);
    const place = { client: temporal.client, queue: taskQueue(io), clock: Date.now };
    const { incident } = await answered(() => openIncident(place, described, opening, requestId));
    print(io, { incident, requestId }, () =>
      [`Opened ${incident}`, `  belay incident show ${incident}`, `  belay incident ack ${incident}`].join('\n'),
    );
    return exit.ok;
  });
}
