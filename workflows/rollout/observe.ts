import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { Measurement } from '../../activities/types.js';
import type { MetricGate } from '../../systems/schema.js';
import { probe, watch } from '../kit/activities.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { emptyTally, fillQuery, type GateTally, gateVerdict, taken, tally } from './gates.js';
import type { Change, Finding } from './types.js';

/** A gate measured more often than this in one observation would only bloat the history. */
const MOST_MEASUREMENTS = 20;
const RETRY_AFTER_ERROR_S = 10;

/** What ends an observation, and what is left out of it. */
export interface Scope {
  /** Ms since the epoch. Without it the observation lasts as long as the gates need. */
  until?: number;
  /** Gates without a verdict that a person or the policy has passed over, by `gateKey`. */
  waived: ReadonlySet<string>;
}

/**
 * Watches changed workloads while they take traffic: a restart or lost readiness of a new pod, or a gate's verdict, ends it at
 * once. `promote` cuts it short.
 */
export async function observe(
  run: Run,
  step: Step,
  changes: Change[],
  { until, waived }: Scope,
): Promise<Finding | undefined> {
  const { state } = run.control;
  const scope = new CancellationScope();
  state.promotable = true;
  try {
    return await scope.run(async () => {
      const gates = changes.flatMap((change) =>
        gatesOf(run, change)
          .filter((gate) => !waived.has(gateKey(change, gate)))
          .map((gate) => runGate(run, step, change, gate, until)),
      );
      const guards = changes.map((change) => guard(change, until ?? Date.now() + gateSpan(run, change)));
      const gatesDone = firstFinding(gates);
      const all =
        until === undefined
          ? Promise.race([gatesDone, firstFinding(guards).then((found) => found ?? gatesDone)])
          : firstFinding([...gates, ...guards]);
      const promoted = condition(() => state.promoted !== undefined).then(() => undefined);
      return await Promise.race([all, promoted]);
    });
  } finally {
    state.promotable = false;
    delete state.promoted;
    scope.cancel();
  }
}

const gateKey = (change: Change, gate: MetricGate): string => `${change.target.ref.name}/${gate.name}`;

export const gatesOf = (run: Run, change: Change): MetricGate[] =>
  run.system.workloads.find((workload) => workload.name === change.target.ref.name)?.gates ?? [];

/** Time that a workload's gates need at least, with room for errors, in milliseconds. */
const gateSpan = (run: Run, change: Change): number =>
  Math.max(
    0,
    ...gatesOf(run, change).map(
      (gate) => (gate.windowSeconds + gate.count * gate.intervalSeconds * 3) * 1_000 + 120_000,
    ),
  );

/** The first finding of any, or none once all have ended. */
async function firstFinding(parts: Promise<Finding | undefined>[]): Promise<Finding | undefined> {
  const none = Promise.all(parts).then(() => undefined);
  const some = parts.map((part) => part.then((found) => found ?? new Promise<never>(() => undefined)));
  return Promise.race([none, ...some]);
}

async function guard(change: Change, until: number): Promise<Finding | undefined> {
  const { ref } = change.target;
  const identity = change.written;
  if (!identity) return undefined;
  try {
    const verdict = await watch(`Guard ${ref.name}`, Math.max(0, until - Date.now())).guardPods({
      ref,
      identity,
      until,
    });
    if (verdict.outcome === 'complete') return undefined;
    const kind = verdict.outcome === 'superseded' || verdict.outcome === 'replaced' ? verdict.outcome : 'failed';
    return { kind, workload: ref.name, summary: `${ref.name}: ${verdict.summary}`, evidence: verdict.evidence };
  } catch (error) {
    if (isCancellation(error)) return undefined;
    throw error;
  }
}

async function runGate(
  run: Run,
  step: Step,
  change: Change,
  gate: MetricGate,
  until?: number,
): Promise<Finding | undefined> {
  const name = change.target.ref.name;
  return step.step(`Gate ${gate.name} of ${name}`, async (inner) => {
    let sum: GateTally = emptyTally;
    // The window must hold nothing from before the new pods had traffic.
    await sleep(
      Math.min(gate.windowSeconds * 1_000, until === undefined ? Infinity : Math.max(0, until - Date.now())),
      {
        summary: `Let ${gate.name} fill its window`,
      },
    );
    const spacing =
      until === undefined
        ? gate.intervalSeconds
        : Math.max(gate.intervalSeconds, (until - Date.now()) / 1_000 / MOST_MEASUREMENTS);
    for (;;) {
      sum = tally(gate, sum, await measure(run, change, gate));
      const enough = until === undefined ? taken(sum) >= gate.count : Date.now() + spacing * 1_000 > until;
      const verdict = gateVerdict(gate, sum, enough);
      inner.note(sum.last, sum);
      if (verdict === 'passed') return undefined;
      if (verdict !== 'running') return judge(gate, change, verdict, sum, inner);
      await sleep((sum.errorsInRow > 0 ? Math.min(RETRY_AFTER_ERROR_S, spacing) : spacing) * 1_000, {
        summary: `Next measurement of ${gate.name}`,
      });
    }
  });
}

function judge(
  gate: MetricGate,
  change: Change,
  verdict: 'failed' | 'noVerdict' | 'error',
  sum: GateTally,
  step: Step,
): Finding | undefined {
  const workload = change.target.ref.name;
  const summary = `gate "${gate.name}" of ${workload}: ${sum.last}`;
  if (gate.dryRun) {
    step.note(`${summary} (dry run: not binding)`, sum);
    return undefined;
  }
  step.failed(sum.last, sum);
  const kind = verdict === 'error' ? 'gateError' : verdict;
  return { kind, workload, gate: gateKey(change, gate), summary, evidence: sum };
}

async function measure(run: Run, change: Change, gate: MetricGate): Promise<Measurement> {
  const { prometheus } = run.system;
  if (!prometheus) return { kind: 'error', detail: 'the system describes no prometheus' };
  const { ref } = change.target;
  const pods = await probe(`Pods of ${ref.name}`).splitPods({
    ref,
    templateHash: change.written?.templateHash ?? change.expectedHash,
  });
  const fill = (query: string) =>
    fillQuery(query, {
      namespace: ref.namespace,
      workload: ref.name,
      newPods: pods.newPods,
      windowSeconds: gate.windowSeconds,
    });
  const ask = (query: string) =>
    probe(`Measure ${gate.name}`).measure({
      url: prometheus.url,
      query: fill(query),
      timeoutSeconds: prometheus.timeoutSeconds,
    });
  if (gate.traffic) {
    const traffic = await ask(gate.traffic.query);
    if (traffic.kind !== 'value') return traffic;
    if (traffic.value < gate.traffic.min) {
      return {
        kind: 'noVerdict',
        why: 'tooLittleTraffic',
        detail: `${traffic.value} where at least ${gate.traffic.min} is needed`,
      };
    }
  }
  return ask(gate.query);
}
