import { randomBytes } from 'node:crypto';
import type { ComponentStatus, IncidentContent } from './content.js';

export interface PageComponent {
  id: string;
  name: string;
  status: ComponentStatus;
}

export interface IncidentUpdate {
  id: string;
  incident_id: string;
  status: string;
  body: string;
  created_at: string;
  deliver_notifications: boolean;
  affected_components: { code: string; name: string; old_status: string; new_status: string }[] | null;
}

/** An incident as the API shows it; times are ISO 8601. */
export interface PageIncident {
  id: string;
  page_id: string;
  name: string;
  status: string;
  impact: string;
  impact_override: string | null;
  metadata: Record<string, unknown>;
  shortlink: string;
  created_at: string;
  updated_at: string;
  monitoring_at: string | null;
  resolved_at: string | null;
  /** Newest first. */
  incident_updates: IncidentUpdate[];
  components: PageComponent[];
}

const IMPACT_OF: Record<ComponentStatus, string> = {
  operational: 'none',
  under_maintenance: 'maintenance',
  degraded_performance: 'minor',
  partial_outage: 'major',
  major_outage: 'critical',
};
const SEVERITY = ['none', 'maintenance', 'minor', 'major', 'critical'];

const newId = (): string => randomBytes(6).toString('hex');

/** A page with its components and incidents, which it changes as the vendor does. */
export class StatusPage {
  /** Newest first. */
  private incidents: PageIncident[] = [];

  constructor(
    readonly id: string,
    private readonly components: PageComponent[],
  ) {}

  componentIds(): string[] {
    return this.components.map(({ id }) => id);
  }

  shownComponents(): PageComponent[] {
    return structuredClone(this.components);
  }

  list(unresolvedOnly = false): PageIncident[] {
    const shown = this.incidents.filter(({ status }) => !unresolvedOnly || status !== 'resolved');
    return structuredClone(shown);
  }

  create(content: IncidentContent): PageIncident {
    const now = new Date().toISOString();
    const id = newId();
    const incident: PageIncident = {
      ...{ id, page_id: this.id, name: content.name ?? '', status: 'investigating' },
      ...{ impact: 'none', impact_override: null, metadata: {}, shortlink: `https://stspg.io/${id}` },
      ...{ created_at: now, updated_at: now, monitoring_at: null, resolved_at: null },
      ...{ incident_updates: [], components: [] },
    };
    this.incidents.unshift(incident);
    return this.apply(incident, { status: 'investigating', ...content });
  }

  /** `undefined`: there is no such incident. */
  change(id: string, content: IncidentContent): PageIncident | undefined {
    const incident = this.incidents.find((one) => one.id === id);
    return incident && this.apply(incident, content);
  }

  clear(): void {
    this.incidents = [];
    for (const component of this.components) component.status = 'operational';
  }

  private apply(incident: PageIncident, content: IncidentContent): PageIncident {
    const now = new Date().toISOString();
    const { name, status, body, metadata, impact_override: impact, component_ids: ids } = content;
    if (ids !== undefined) incident.components = this.components.filter(({ id }) => ids.includes(id));
    const affected = this.changeComponents(incident, content.components ?? {});
    if (status !== undefined || body !== undefined) {
      incident.incident_updates.unshift({
        ...{ id: newId(), incident_id: incident.id, status: status ?? incident.status, body: body ?? '' },
        ...{ created_at: now, deliver_notifications: content.deliver_notifications },
        affected_components: affected.length > 0 ? affected : null,
      });
    }
    if (status === 'resolved') incident.resolved_at = now;
    if (status === 'monitoring') incident.monitoring_at = now;
    Object.assign(incident, {
      updated_at: now,
      ...(name !== undefined && { name }),
      ...(status !== undefined && { status }),
      ...(metadata !== undefined && { metadata }),
      ...(impact !== undefined && { impact_override: impact }),
    });
    incident.impact = incident.impact_override ?? this.worst(incident);
    return structuredClone(incident);
  }

  private changeComponents(incident: PageIncident, wanted: Record<string, ComponentStatus>) {
    return Object.entries(wanted).flatMap(([id, status]) => {
      const component = this.components.find((one) => one.id === id);
      if (!component) return [];
      if (!incident.components.includes(component)) incident.components.push(component);
      const change = { code: id, name: component.name, old_status: component.status, new_status: status };
      component.status = status;
      return [change];
    });
  }

  /** The worst that the incident was; resolving does not make it less. */
  private worst(incident: PageIncident): string {
    const all = [incident.impact, ...incident.components.map(({ status }) => IMPACT_OF[status])];
    return all.toSorted((a, b) => SEVERITY.indexOf(b) - SEVERITY.indexOf(a))[0] ?? 'none';
  }
}
