import { workflowInfo } from '@temporalio/workflow';
import { mutate } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import { chartsOf } from './charts.js';
import type { Verdict } from './judge.js';
import { patchesOf } from './patch.js';
import type { AlertReviewInput } from './runbook.js';

/** Pictures and files of the review, beside its report. One that cannot be kept does not end the review. */
export async function keepDocuments(run: Run<AlertReviewInput>, verdict: Verdict): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const path = (name: string) => ['alertReview', workflowId, `${runId}-${name}`];
  const { histories, figures, proposals } = verdict;
  const { rules, inhibit } = patchesOf(proposals, histories);
  await run.steps.step('Draw the figures', async (step) => {
    const references: string[] = [];
    try {
      for (const [name, chart] of Object.entries(chartsOf(figures, histories, proposals)))
        references.push((await mutate(`Draw ${name}`).saveChart({ path: path(`${name}.svg`), chart })).reference);
      step.note(`${references.length} pictures`, references);
    } catch (error) {
      step.failed(failed(error));
    }
  });
  const files = {
    ...(rules && { 'rules.yml': { value: rules, of: 'Changed rules of Prometheus; annotations stay as they are' } }),
    ...(inhibit && { 'inhibit.yml': { value: inhibit, of: 'Inhibit rules for Alertmanager' } }),
  };
  for (const [name, { value, of }] of Object.entries(files))
    await run.steps.step(`Write ${name}`, async (step) => {
      const header = [`${of}, proposed by the alert review of ${run.system.name}. Read the report, then take over.`];
      try {
        const saved = await mutate(`Write ${name}`).saveYaml({ path: path(name), header, value });
        step.note(saved.reference, { file: saved.text.slice(0, 40_000) });
      } catch (error) {
        step.failed(failed(error));
      }
    });
}

/** Throws on what is no failure of the store: a cancel. */
function failed(error: unknown): string {
  const cause = causeOf(error);
  if (cause.type === 'Cancelled') throw error;
  return cause.message;
}
