import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { VerbAnswer, VerbInput } from '../../workflows/kit/messages.js';
import type { Report, RunStatus } from '../../workflows/kit/types.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { createGround, createSite, type Ground, type Site, type SiteOptions } from './site.js';
import { startWorker, type WorkerProcess } from './workerProcess.js';

const WAIT_MS = 120_000;

/** How a run ended, with its report either way. */
export interface Ending {
  /** `succeeded`, `planned`, or the failure type. */
  outcome: string;
  message: string;
  report: Report;
}

/** A worker process on a queue of its own, and all that tests start and ask there. */
export class Theatre {
  private readonly sites: Site[] = [];

  private constructor(
    readonly sandbox: SandboxState,
    readonly client: Client,
    readonly ground: Ground,
    private readonly worker: WorkerProcess,
  ) {}

  /** `env` adds to the worker's environment; it is given the folder of this theatre. */
  static async open(sandbox: SandboxState, env?: (folder: string) => Record<string, string>): Promise<Theatre> {
    const connection = await Connection.connect({ address: sandbox.temporal?.address ?? '' });
    const ground = await createGround(sandbox, 'scenario', env);
    const worker = await startWorker(ground.env, join(ground.folder, 'worker.log'));
    return new Theatre(sandbox, new Client({ connection }), ground, worker);
  }

  async close(): Promise<void> {
    await this.worker.stop();
    for (const site of this.sites) await site.dispose();
    await this.ground.dispose();
    await this.client.connection.close();
  }

  get workerLog(): string {
    return join(this.ground.folder, 'worker.log');
  }

  async site(options: SiteOptions): Promise<Site> {
    const site = await createSite(this.sandbox, this.ground, options);
    this.sites.push(site);
    return site;
  }

  /** Starts a runbook on a site's system. */
  async start(site: Site, runbook: string, input: object): Promise<ScenarioRun> {
    const handle = await this.client.workflow.start(runbook, {
      workflowId: `${runbook}/${site.name}/${randomUUID()}`,
      taskQueue: this.ground.queue,
      args: [{ system: site.name, reason: 'scenario', requestedBy: 'alice', ...input }],
    });
    return new ScenarioRun(handle);
  }

  /** Updates the given workloads to image tags and waits for the end. */
  async update(site: Site, tags: Record<string, string>, more: object = {}): Promise<Ending> {
    return (await this.startUpdate(site, tags, more)).ending();
  }

  startUpdate(site: Site, tags: Record<string, string>, more: object = {}): Promise<ScenarioRun> {
    const changes = Object.entries(tags).map(([workload, tag]) => ({ workload, image: site.image(workload, tag) }));
    return this.start(site, 'rollingUpdate', { changes, ...more });
  }
}

/** One run. */
export class ScenarioRun {
  constructor(readonly handle: WorkflowHandle) {}

  status(): Promise<RunStatus> {
    return this.handle.query<RunStatus>('status');
  }

  verb(name: string, input: VerbInput): Promise<VerbAnswer> {
    return this.handle.executeUpdate<VerbAnswer, [VerbInput]>(name, { args: [input] });
  }

  /** Waits until the run's status satisfies the predicate. */
  async until(what: string, predicate: (status: RunStatus) => boolean): Promise<RunStatus> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const status = await this.status();
      if (predicate(status)) return status;
      if (Date.now() > end || status.phase === 'done') {
        throw new Error(`never: ${what}; the run stands at ${JSON.stringify(status).slice(0, 2_000)}`);
      }
      await sleep(200);
    }
  }

  watching(): Promise<RunStatus> {
    return this.until('watching', ({ steps }) => steps.some((step) => step.name === 'Watch the rollout'));
  }

  held(): Promise<RunStatus> {
    return this.until('held', ({ phase }) => phase === 'held');
  }

  async ending(): Promise<Ending> {
    try {
      const report = (await this.handle.result()) as Report;
      return { outcome: report.outcome, message: report.summary, report };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
      const { type, message, details } = error.cause;
      return { outcome: type ?? '', message, report: details?.[0] as Report };
    }
  }

  /** Names of the activities that the history shows as scheduled. */
  async activities(): Promise<string[]> {
    const { events } = await this.handle.fetchHistory();
    return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
  }
}

/** Images of all containers by workload, as the API server has them. */
export async function imagesOf(site: Site): Promise<Record<string, string>> {
  const { apps } = site.cluster;
  const namespace = site.name;
  const [deployments, statefulSets, daemonSets] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedStatefulSet({ namespace }),
    apps.listNamespacedDaemonSet({ namespace }),
  ]);
  const workloads = [...deployments.items, ...statefulSets.items, ...daemonSets.items];
  return Object.fromEntries(
    workloads.map(({ metadata, spec }) => [
      metadata?.name ?? '',
      (spec?.template.spec?.containers ?? []).map((container) => container.image?.replace(/^.*:/, '')).join(','),
    ]),
  );
}
