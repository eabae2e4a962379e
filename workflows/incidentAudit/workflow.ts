import { clearAlarm, openAlarm } from '../backupKit/alarm.js';
import { briefly, probe } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { type Run, runbook } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { OverdueRuns } from '../../activities/types.js';
import type { Report } from '../kit/types.js';
import { alarmPrefix, factsOf, kindOf, SUBJECT, verdict, watchedBy, wellAgain } from './judge.js';
import { verbs } from './messages.js';
import type { IncidentAuditInput } from './runbook.js';

type Audit = Run<IncidentAuditInput>;

/** Overdue incidents that get an alarm of their own; that there are more stands in the report. */
const ALARMS = 20;
/** Open alarms that are looked at again in one audit. */
const WATCHED = 200;

/** Looks for incidents that did not act at their deadline; input and failure types in `runbook.ts`. */
export async function incidentAudit(raw: unknown): Promise<Report> {
  return runbook<IncidentAuditInput>('incidentAudit', verbs, raw, async (run) => {
    run.enter('running', 'Looks for overdue incidents');
    const watched = await run.steps.step('Open alarms', (step) => openAlarms(run, step));
    const found = await run.steps.step('Overdue incidents', (step) => look(run, step, watched));
    const summary = verdict(found);
    if (run.input.dryRun) return { outcome: 'planned', summary: `Look only: ${summary}` };
    const cleared = wellAgain(watched, found);
    for (const one of cleared) await clearAlarm(run, SUBJECT, kindOf(one), 'It acts again, or has ended.');
    for (const one of found.first) await openAlarm(run, SUBJECT, kindOf(one.workflowId), factsOf(one, Date.now()));
    // The audit has done its work, whatever it found: that is what the outside monitor wants to know.
    const beat = await run.steps.step('Heartbeat', (step) => heartbeat(run, step));
    if (found.count > 0) throw fail('IncidentOverdue', `${summary}${unheard(run)}`);
    // Once a minute that all is well is not worth a file each.
    run.keepsReport = cleared.length > 0 || !beat;
    return {
      outcome: 'succeeded',
      summary: cleared.length > 0 ? `${summary}; well again: ${cleared.join(', ')}` : summary,
    };
  });
}

/** An alarm that nobody hears is worth saying. */
const unheard = ({ system }: Audit): string =>
  system.notify.page.length > 0 ? '' : '; nobody is told: `notify.page` of the description is empty';

async function openAlarms({ system }: Audit, step: Step): Promise<string[]> {
  const idPrefix = alarmPrefix(system.name);
  const alarms = await probe('Open alarms').listOpenRuns({ type: 'alarm', idPrefix, limit: WATCHED });
  step.note(`${alarms.length} open`);
  return alarms.map((alarm) => watchedBy(alarm, system.name));
}

async function look({ input, system }: Audit, step: Step, watched: string[]): Promise<OverdueRuns> {
  const found = await probe('Overdue incidents').findOverdue({
    ...(input.scope === 'system' && { system: system.name }),
    before: Date.now() - input.toleranceSeconds * 1_000,
    limit: ALARMS,
    watched,
  });
  if (found.count === 0) step.note(verdict(found));
  else step.failed(verdict(found), found);
  return found;
}

/** True when it arrived, or none is wanted. One that does not arrive is no fault of the audit: the monitor itself will tell. */
async function heartbeat({ system }: Audit, step: Step): Promise<boolean> {
  const url = system.incidents?.heartbeat?.url;
  if (url === undefined) {
    step.skip('the description names no outside monitor');
    return true;
  }
  try {
    await briefly('Heartbeat').beatOutside({ url });
    step.note('sent');
    return true;
  } catch (error) {
    const { type, message } = causeOf(error);
    if (type === 'Cancelled') throw error;
    step.failed(`not sent: ${message}`);
    return false;
  }
}
