import { z } from 'zod';

const ms = z.int().min(0).max(600_000);

/** One thing that goes wrong, so many times. */
export const faultSchema = z.strictObject({
  /** Action that it meets, e.g. `DescribeDBInstances`; every one when left out. */
  action: z.string().optional(),
  times: z.int().min(1).default(1),
  /** `refuse`: before any effect; `lost`: it takes effect, the answer is lost; `hang`: no answer and no effect. */
  with: z.enum(['refuse', 'lost', 'hang']).default('refuse'),
  status: z.int().min(400).max(599).default(400),
  code: z.string().default('Throttling'),
  message: z.string().default('Rate exceeded'),
});

/** How the double behaves in one region. Times in milliseconds; Amazon's own are minutes. */
export const controlSchema = z.strictObject({
  createMs: ms.default(0).describe('`creating` of a new or restored instance'),
  snapshotMs: ms.default(0).describe('`creating` of a snapshot'),
  settleMs: ms.default(0).describe('How long an instance still says `available` after ModifyDBInstance'),
  modifyMs: ms.default(0).describe('`modifying` and `renaming`, after that'),
  deleteMs: ms.default(0),
  rebootMs: ms.default(0),
  restorableLagMs: ms.default(1_000).describe('How far LatestRestorableTime is behind the clock'),
  snapshotQuota: z.int().min(0).default(100).describe('Manual snapshots that the account may have'),
  snapshotEnds: z.enum(['available', 'failed']).default('available'),
  restoreEnds: z
    .enum(['available', 'failed', 'incompatible-restore', 'incompatible-parameters', 'storage-full'])
    .default('available'),
  parameterStatus: z
    .enum(['in-sync', 'pending-reboot'])
    .default('in-sync')
    .describe('Of the parameter group of a restored instance, until it is rebooted'),
  faults: z.array(faultSchema).default([]),
});

export type Control = z.output<typeof controlSchema>;
export type ControlInput = z.input<typeof controlSchema>;
export type Fault = z.output<typeof faultSchema>;

/** Takes the fault that meets this action; it is gone after its last time. */
export function takeFault(control: Control, action: string): Fault | undefined {
  const fault = control.faults.find((one) => one.action === undefined || one.action === action);
  if (fault === undefined) return undefined;
  fault.times -= 1;
  if (fault.times === 0) control.faults = control.faults.filter((one) => one !== fault);
  return fault;
}
