import { z } from 'zod';

export const IMPACTS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const;
export const COMPONENT_STATUSES = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
] as const;
export type ComponentStatus = (typeof COMPONENT_STATUSES)[number];

const metadata = z.record(z.string(), z.record(z.string(), z.unknown(), 'top-level values must be objects'));

const fields = {
  name: z.string().trim().min(1, "can't be blank").max(255, 'is too long (maximum is 255 characters)').optional(),
  // Those of scheduled incidents are not played here.
  status: z.enum(['investigating', 'identified', 'monitoring', 'resolved']).optional(),
  impact_override: z.enum(IMPACTS).nullable().optional(),
  body: z.string().max(25_000, 'is too long (maximum is 25000 characters)').optional(),
  metadata: metadata.optional(),
  deliver_notifications: z.boolean().default(true),
  components: z.record(z.string(), z.enum(COMPONENT_STATUSES)).optional(),
  component_ids: z.array(z.string()).optional(),
};

/** Stricter than the vendor, who overlooks fields that it does not know. */
const changed = z.strictObject({ incident: z.strictObject(fields) });
const created = z.strictObject({
  incident: z.strictObject({ ...fields, name: fields.name.unwrap() }),
});

export type IncidentContent = z.output<typeof changed>['incident'];

/** The incident that a request's body describes, or what is wrong with it, one text per problem. */
export function contentOf(json: unknown, isNew: boolean, componentIds: string[]): IncidentContent | string[] {
  const parsed = (isNew ? created : changed).safeParse(json);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  const { incident } = parsed.data;
  const named = [...Object.keys(incident.components ?? {}), ...(incident.component_ids ?? [])];
  const unknown = [...new Set(named)].filter((id) => !componentIds.includes(id));
  return unknown.length === 0 ? incident : unknown.map((id) => `component ${id} is not one of this page`);
}
