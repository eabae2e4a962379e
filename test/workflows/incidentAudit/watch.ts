import { ApplicationFailure } from '@temporalio/common';
import type { Activities, OverdueRun } from '../../../activities/types.js';
import { describeSystem, World } from '../world.js';

/** A pretended list of incidents, and an outside monitor; alarms are real workflows. */
export class Watch extends World {
  overdue: OverdueRun[] = [];
  /** Ids of open alarms, as a list that is late would tell them. */
  alarms: string[] = [];
  readonly asked: { system?: string; before: number }[] = [];
  beats = 0;
  monitorDown = false;
  temporalDown = false;

  constructor(name: string, heartbeat = true) {
    super(
      describeSystem(name, [], {
        people: { ada: { name: 'Ada' } },
        incidents: {
          severities: [{ id: 'P1', policy: 'all' }],
          policies: { all: { levels: [{ name: 'on call', afterSeconds: 0, notify: [{ person: 'ada' }] }] } },
          ...(heartbeat && { heartbeat: { url: 'env:HEARTBEAT_URL' } }),
        },
      }),
    );
  }

  late(workflowId: string): OverdueRun {
    const one = { workflowId, type: 'incident', deadline: Date.now() - 120_000, severity: 'P1', state: 'triggered' };
    this.overdue.push(one);
    return one;
  }

  alarmOf(workflowId: string): string {
    return `alarm/${this.system.name}/incident-overdue/${workflowId}`;
  }

  override activities(): Partial<Activities> {
    return {
      ...super.activities(),
      resolveInput: async ({ runbook, raw }) => {
        const defaults = { dryRun: false, reason: 'test', requestedBy: 'alice', scope: 'system', toleranceSeconds: 60 };
        return { runbook, input: { ...defaults, ...(raw as object) }, system: this.system, systemHash: 'system-hash' };
      },
      listOpenRuns: () => {
        if (this.temporalDown) throw ApplicationFailure.nonRetryable('no rights', 'TemporalUnavailable');
        return Promise.resolve(this.alarms);
      },
      findOverdue: ({ watched, limit, ...asked }) => {
        this.asked.push(asked);
        const ids = this.overdue.map(({ workflowId }) => workflowId);
        return Promise.resolve({
          count: ids.length,
          first: this.overdue.slice(0, limit),
          watched: watched.filter((one) => ids.includes(one)),
        });
      },
      beatOutside: () => {
        if (this.monitorDown) throw ApplicationFailure.nonRetryable('status 404', 'HeartbeatRefused');
        this.beats += 1;
        return Promise.resolve();
      },
    };
  }
}
