import { mutate, watch } from '../kit/activities.js';
import { Compensations } from '../kit/compensation.js';
import { causeOf, fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import { type Conclusion, type Run } from '../kit/run.js';
import type { Plan } from '../kit/types.js';
import type { AlertReviewInput } from './runbook.js';
import type { Proposal } from './types.js';

/** A comment of Alertmanager is read in a narrow column. */
const REASON_MAX = 300;

/** What is bound to the approval: which silences, for how long. Not the figures, which go on. Pure. */
export const hashOfSilences = (proposals: readonly Proposal[], systemHash: string): string =>
  hashOf({ silences: proposals.flatMap(({ id, silence }) => (silence ? [{ id, ...silence }] : [])), systemHash });

/** The plan as it stands now: silences that somebody else made meanwhile change it. */
export async function stillWanted(run: Run<AlertReviewInput>, plan: Plan, proposals: readonly Proposal[]) {
  const { alertmanager } = run.system;
  if (!alertmanager) throw fail('PreflightFailed', 'The system has no Alertmanager');
  const silences = await watch('Read the silences', 60_000).listSilences(alertmanager);
  const left = proposals.filter(
    ({ silence }) =>
      !silences.some(
        ({ state, matchers }) => state !== 'expired' && JSON.stringify(matchers) === JSON.stringify(silence?.matchers),
      ),
  );
  return { ...plan, hash: hashOfSilences(left, run.systemHash) };
}

/** Creates the silences; all or, with those made before ended again, none. */
export async function applySilences(
  run: Run<AlertReviewInput>,
  proposals: readonly Proposal[],
  report: string,
): Promise<Conclusion> {
  run.enter('running', 'Creates silences');
  const undo = new Compensations();
  try {
    for (const proposal of proposals) await applyOne(run, proposal, undo);
  } catch (error) {
    return giveUp(run, undo, causeOf(error));
  }
  run.commit();
  const summary = `${report}; ${proposals.length} silences created, each ends after ${run.input.silenceHours} h`;
  run.notify('end', `Alerts of ${run.system.title} reviewed`, summary);
  return { outcome: 'succeeded', summary };
}

async function applyOne(run: Run<AlertReviewInput>, { id, alert, why, silence }: Proposal, undo: Compensations) {
  const { alertmanager } = run.system;
  if (!alertmanager || !silence) return;
  const key = `${run.status.workflowId} ${id}`;
  undo.add(`End the silence of ${alert}`, async () => {
    await mutate(`End the silence of ${alert}`.slice(0, 190)).expireSilence({ ...alertmanager, key });
  });
  await run.steps.step(`Silence ${alert}`, async (step) => {
    const endsAt = new Date(Date.now() + silence.hours * 3_600_000).toISOString();
    const { id: silenceId } = await mutate(`Silence ${alert}`.slice(0, 190)).createSilence({
      ...alertmanager,
      ...{ key, endsAt, matchers: silence.matchers, owner: run.input.requestedBy },
      reason: `${run.input.reason}: ${why}`.slice(0, REASON_MAX),
    });
    step.note(`Silence ${silenceId} until ${endsAt}`, { silenceId, endsAt, matchers: silence.matchers });
  });
}

async function giveUp(run: Run, undo: Compensations, cause: ReturnType<typeof causeOf>): Promise<never> {
  run.enter('rollingBack', `Ends the silences that were made: ${cause.message}`);
  const failed = await undo.run(run.steps);
  run.notify('failure', 'Silences of the alert review failed', cause.message);
  if (failed.length > 0)
    throw fail('CompensationFailed', `${cause.message}; and what was made could not be ended: ${failed.join('; ')}`);
  const { aborted } = run.control.state;
  if (cause.type === 'Cancelled') {
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    throw fail('Aborted', `${who}; no silence stays`);
  }
  throw fail('RolledBack', `${cause.message} No silence stays`);
}
