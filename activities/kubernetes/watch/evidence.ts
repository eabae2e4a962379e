import type { Pod } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { containersOf } from '../rollout/doomedPods.js';
import type { Session } from '../session.js';
import type { PodEvidence } from '../types.js';
import { bounded } from '../../secrets/redact.js';
import { eventsOf } from './events.js';
import type { Culprit } from './finding.js';

const MAX_PODS = 3;
const MAX_EVENTS = 5;
const LOG_LINES = 20;
const LOG_BYTES = 2_048;
const MESSAGE = 500;
/** Evidence is worth a little time, not a rollback's delay. */
const CALL_MS = 3_000;

/** Logs and events of the pods that failed. Best effort: what cannot be read is left out. No env values. */
export function gatherEvidence(session: Session, culprits: Culprit[], pods: Pod[]): Promise<PodEvidence[]> {
  const first = new Map<string, Culprit>();
  for (const one of culprits) if (!first.has(one.pod)) first.set(one.pod, one);
  return Promise.all([...first.values()].slice(0, MAX_PODS).map((one) => evidenceOf(session, one, pods)));
}

async function evidenceOf(session: Session, culprit: Culprit, pods: Pod[]): Promise<PodEvidence> {
  const pod = pods.find((one) => one.metadata.name === culprit.pod);
  const status = pod && statusOf(pod, culprit.container);
  const [events, log] = await Promise.all([
    pod ? warnings(session, pod) : [],
    pod && status ? logTail(session, pod, status.name, crashed(status)) : undefined,
  ]);
  const exitCode = culprit.exitCode ?? (status?.state?.terminated ?? status?.lastState?.terminated)?.exitCode;
  const unready = culprit.reason === 'NotReady' ? events.find((event) => /probe failed/i.test(event)) : undefined;
  const message = unready ?? culprit.message ?? status?.state?.waiting?.message;
  return {
    pod: culprit.pod,
    ...(status ? { container: status.name, restarts: status.restartCount ?? 0 } : {}),
    reason: culprit.reason === 'NotReady' ? (status?.state?.waiting?.reason ?? culprit.reason) : culprit.reason,
    ...(message === undefined ? {} : { message: bounded(session.hide(message), MESSAGE) }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(log === undefined || log === '' ? {} : { log }),
    ...(events.length > 0 ? { events } : {}),
  };
}

/** The container named, or the first that is not ready. */
function statusOf(pod: Pod, container?: string) {
  const all = containersOf(pod);
  if (container !== undefined) return all.find((status) => status.name === container);
  return all.find((status) => status.ready === false && status.state?.terminated?.exitCode !== 0) ?? all[0];
}

const crashed = (status: { restartCount?: number; state?: { terminated?: unknown } }): boolean =>
  (status.restartCount ?? 0) > 0 && status.state?.terminated === undefined;

async function warnings(session: Session, pod: Pod): Promise<string[]> {
  const events = await eventsOf(session, pod.metadata.uid);
  return events
    .filter((event) => event.type !== 'Normal')
    .slice(0, MAX_EVENTS)
    .map((event) => bounded(session.hide(`${event.reason}: ${event.message}`), MESSAGE));
}

/** The last lines of a container; of its previous life when it crashed and was started anew. */
async function logTail(session: Session, pod: Pod, container: string, previous: boolean): Promise<string | undefined> {
  const path = `${corePath(session.ref.namespace, 'pods', pod.metadata.name)}/log`;
  try {
    const text = await session.clients.text({
      path,
      query: { container, tailLines: LOG_LINES, limitBytes: 64_000, ...(previous ? { previous } : {}) },
      timeoutMs: CALL_MS,
      signal: session.signal,
    });
    const hidden = Buffer.from(session.hide(text.trimEnd()));
    // A character cut in half at the front would show as U+FFFD.
    return hidden
      .subarray(Math.max(0, hidden.length - LOG_BYTES))
      .toString()
      .replace(/^\uFFFD+/, '');
  } catch {
    session.signal.throwIfAborted();
    // Never started, already removed, or no right to read logs: the other evidence must do.
    return previous ? logTail(session, pod, container, false) : undefined;
  }
}
