import { actOn } from './act.js';
import { Deliverer } from './deliver.js';
import { openIncident } from './open.js';
import type { IncidentPort } from './port.js';
import { incidentState, openIncidents } from './query.js';
import type { IncidentPlace } from './start.js';

export { actOn, PENDING } from './act.js';
export { incidentState, openIncidents } from './query.js';
export { type IncidentPort, TemporalAway } from './port.js';
export type { IncidentPlace } from './start.js';

/** What this process does with incidents. One per process: it remembers late resolves and storms. */
export function createIncidentPort(place: IncidentPlace): IncidentPort {
  const deliverer = new Deliverer(place);
  return {
    deliver: (system, delivery) => deliverer.deliver(system, delivery),
    open: (system, opening, requestId) => openIncident(place, system, opening, requestId),
    act: (workflowId, action) => actOn(place.client, workflowId, action),
    state: (workflowId) => incidentState(place.client, workflowId),
    list: (system, limit) => openIncidents(place.client, system, limit),
  };
}
