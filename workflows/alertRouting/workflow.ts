import { workflowInfo } from '@temporalio/workflow';
import type { RoutingCheck } from '../../activities/alertmanager/types.js';
import { mutate, probe, watch } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { type Difference, differences } from './difference.js';
import { verbs } from './messages.js';
import { renderRouting, type Rendered } from './render.js';
import type { AlertRoutingInput } from './runbook.js';
import { astray, type Sample, samplesOf } from './samples.js';

const CHECK_MS = 120_000;

/** Rendering and check of an Alertmanager configuration; input and failure types in `runbook.ts`. */
export async function alertRouting(raw: unknown): Promise<Report> {
  return runbook<AlertRoutingInput>('alertRouting', verbs, raw, async (run) => {
    run.enter('planning', 'Renders the routes');
    const rendered = await render(run);
    const samples = samplesOf(run.system, rendered.config.route.receiver === 'belay', run.input.samples);
    const check = await examine(run, rendered, samples);
    await keep(run, check);
    const different = await compare(run, rendered);
    return conclude(run, check, samples, different);
  });
}

async function render(run: Run<AlertRoutingInput>): Promise<Rendered> {
  return run.steps.step('Render the configuration', async (step) => {
    const rendered = renderRouting(run.system, run.input.source);
    const { config, files, warnings, problems } = rendered;
    if (problems.length > 0) throw fail('PreflightFailed', problems.join('; '));
    const routes = config.route.routes?.length ?? 0;
    const summary = `${routes} routes to ${config.receivers.map((one) => String(one['name'])).join(', ')}`;
    step.note(summary, { secretFiles: files, warnings });
    run.status.plan = {
      summary: `Alertmanager configuration of ${run.system.title}: ${summary}`,
      steps: [
        ...files.map(({ file, holds }) => ({ title: `Put the value of ${holds} into ${file}` })),
        { title: 'Write the configuration to Alertmanager and reload it' },
      ],
      warnings,
      facts: { config },
      hash: hashOf({ config, description: run.systemHash }),
    };
    return rendered;
  });
}

async function examine(run: Run<AlertRoutingInput>, { config, files }: Rendered, samples: Sample[]) {
  return run.steps.step('Check it with amtool', async (step) => {
    const header = [
      `Alertmanager configuration of ${run.system.name}, rendered by Belay from the description ${run.systemHash.slice(0, 16)}.`,
      'Change the description, not this file. Files that it needs:',
      ...files.map(({ file, holds }) => `  ${file}: the value of ${holds}`),
    ];
    const labels = samples.map((one) => one.labels);
    const check = await watch('Check the configuration', CHECK_MS).checkRouting({ config, header, samples: labels });
    const evidence = { checkedBy: check.checkedBy, said: check.said };
    if (check.checkedBy === null) step.skip(check.said);
    else if (check.valid) step.note(`Valid, says ${check.checkedBy}`, evidence);
    else step.failed('amtool refuses it', evidence);
    return check;
  });
}

async function keep(run: Run<AlertRoutingInput>, { yaml }: RoutingCheck): Promise<void> {
  await run.steps.step('Keep the file', async (step) => {
    const { workflowId, runId } = workflowInfo();
    const saved = await mutate('Keep the configuration').saveDocument({
      path: ['alertRouting', workflowId, `${runId}.yml`],
      body: yaml,
      contentType: 'text/yaml',
    });
    step.note(saved.reference, { file: yaml.slice(0, 60_000) });
  });
}

/** Differences to the running configuration; undefined when they are not known. */
async function compare(run: Run<AlertRoutingInput>, { config }: Rendered): Promise<Difference[] | undefined> {
  return run.steps.step('Compare with the running one', async (step) => {
    const { alertmanager } = run.system;
    if (!alertmanager) {
      step.skip('The description names no Alertmanager (`alertmanager: {url: …}`)');
      return undefined;
    }
    try {
      const { version, running } = await probe('Read the running configuration').readRouting(alertmanager);
      if (!running) {
        step.failed('The running configuration could not be read');
        return undefined;
      }
      const found = differences(config, running);
      step.note(
        found.length === 0 ? `The same as runs (Alertmanager ${version})` : `${found.length} differences`,
        found,
      );
      return found;
    } catch (error) {
      step.failed(causeOf(error).message);
      return undefined;
    }
  });
}

async function conclude(
  run: Run<AlertRoutingInput>,
  check: RoutingCheck,
  samples: Sample[],
  different: Difference[] | undefined,
): Promise<Conclusion> {
  if (check.checkedBy === null && !run.input.allowUnchecked) throw fail('PreflightFailed', check.said);
  if (check.checkedBy !== null && !check.valid)
    throw fail('VerificationFailed', `amtool refuses the configuration: ${check.said}`);
  if (check.valid)
    await run.steps.step('Send samples through it', async (step) => {
      const wrong = astray(samples, check.receivers);
      if (wrong.length > 0) throw fail('VerificationFailed', wrong.slice(0, 10).join('; '));
      step.note(
        `${samples.length} samples arrive where they should`,
        samples.slice(0, 40).map(({ of, labels }, at) => ({ of, labels, receivers: check.receivers[at] })),
      );
    });
  const drift =
    different === undefined
      ? 'not compared with what runs'
      : different.length === 0
        ? 'the same as runs'
        : `${different.length} differences to what runs`;
  if (run.input.failOnDifference && different?.length !== 0)
    throw fail('VerificationFailed', `The configuration is ${drift}`, different);
  const checked = check.valid ? 'valid' : 'NOT CHECKED (no amtool)';
  const summary = `${run.status.plan?.summary ?? ''}; ${checked}, ${drift}`;
  return { outcome: run.input.dryRun ? 'planned' : 'succeeded', summary };
}
