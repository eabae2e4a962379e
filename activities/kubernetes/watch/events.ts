import type { KubeEvent, KubeList } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import type { Session } from '../session.js';

/** Events explain; nothing waits for them long. */
const CALL_MS = 3_000;

/** When an event was seen last, ISO. */
export const eventTime = (event: KubeEvent): string =>
  event.series?.lastObservedTime ??
  event.lastTimestamp ??
  event.eventTime ??
  event.firstTimestamp ??
  event.metadata.creationTimestamp ??
  '';

/** Events about one object, newest first. They are hints: when they cannot be read there are none. */
export async function eventsOf(session: Session, uid: string): Promise<KubeEvent[]> {
  const query = { fieldSelector: `involvedObject.uid=${uid}`, limit: 100 };
  try {
    const path = corePath(session.ref.namespace, 'events');
    const { body } = await session.call<KubeList<KubeEvent>>({ path, query, timeoutMs: CALL_MS });
    return body.items.toSorted((a, b) => Date.parse(eventTime(b)) - Date.parse(eventTime(a)));
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof TypeError) throw error;
    return [];
  }
}
