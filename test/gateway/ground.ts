import { randomBytes } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { BUTTON_KEY } from '../../activities/slack/buttonValue.js';
import { identify } from '../../client/gateway/identify.js';
import { createMetrics } from '../../client/gateway/metrics.js';
import { createGateway } from '../../client/gateway/server.js';
import { collectSources } from '../../client/gateway/sources.js';
import type { GatewayDeps } from '../../client/gateway/types.js';
import { createIncidentPort, type IncidentPort } from '../../client/incidents/index.js';
import { startOptions } from '../../client/incidents/start.js';
import { systemSchema, type System, type SystemInput } from '../../systems/schema.js';
import { sandbox } from '../setup/sandbox.js';
import type { Direction, Received } from './standIn.js';

export const secretValues: Record<string, string> = {
  'env:SLACK_SIGNING': 'slack-signing-secret-of-the-test',
  'env:SLACK_SIGNING_NEW': 'slack-signing-secret-that-takes-over',
  'env:PAGERDUTY_SIGNING': 'pagerduty-signing-secret-of-the-test',
  [BUTTON_KEY]: 'a-key-for-buttons-of-thirty-two-characters',
};

export const TEAM = 'T0BELAY001';
/** Slack member ids; PagerDuty's are the same with P. */
export const member = { lee: 'U0LEE', rob: 'U0ROB', sue: 'U0SUE', stranger: 'U0NOBODY' };

/** A system with a lead (lee), a responder (rob) and somebody of security (sue). */
export function describe(name: string, apiUrl: string): System {
  const person = (called: string, roles: ['lead'] | ['responder'] | ['security']) => ({
    name: called,
    roles,
    slack: `U0${called.toUpperCase()}`,
    pagerduty: `P0${called.toUpperCase()}`,
    email: `${called.toLowerCase()}@example.com`,
  });
  const level = (title: string, afterSeconds: number) => ({ name: title, afterSeconds, notify: [{ rota: 'primary' }] });
  const input: SystemInput = {
    name,
    title: 'Shop',
    channels: { incidents: { type: 'slack', channel: '#incidents', token: 'env:SLACK_TOKEN', apiUrl } },
    people: { lee: person('Lee', ['lead']), rob: person('Rob', ['responder']), sue: person('Sue', ['security']) },
    rotas: {
      primary: {
        timeZone: 'Etc/UTC',
        start: '2026-01-05',
        handoff: { every: 'week', at: '09:00' },
        people: ['rob'],
      },
    },
    incidents: {
      severities: [
        { id: 'P1', policy: 'ladder', urgent: true },
        { id: 'P3', policy: 'ladder' },
      ],
      policies: { ladder: { levels: [level('one', 0), level('two', 900), level('three', 1800), level('four', 3600)] } },
      rules: [
        { id: 'breach', match: { alertname: 'Breach.*' }, severity: 'P1', kind: 'security' },
        {
          id: 'paged',
          match: { pagerduty: '.+' },
          severityLabel: { label: 'priority', values: { P1: 'P1' } },
          severity: 'P3',
          groupBy: ['pagerduty'],
        },
      ],
      runbooks: [
        {
          alerts: ['Disk.*'],
          title: 'Restart the web tier',
          start: { runbook: 'restart', input: { workloads: ['web'] } },
        },
      ],
      sources: {
        [`slack-${name}`]: { type: 'slack', secrets: ['env:SLACK_SIGNING', 'env:SLACK_SIGNING_NEW'], team: TEAM },
        [`pagerduty-${name}`]: { type: 'pagerduty', secrets: ['env:PAGERDUTY_SIGNING'] },
      },
    },
  };
  return systemSchema.parse(input);
}

/** A gateway over a real Temporal server, whose incidents are stand-ins. */
export class Ground {
  readonly opened: string[] = [];

  private constructor(
    readonly system: System,
    readonly client: Client,
    readonly deps: GatewayDeps,
    readonly app: FastifyInstance,
    /** `http://127.0.0.1:<port>`. */
    readonly url: string,
    private readonly stopWorker: () => Promise<void>,
    private readonly native: NativeConnection,
  ) {}

  /** `apiUrl` of the Slack double. Give `port` to put something before the incidents, e.g. to make Temporal be away. */
  static async start(apiUrl: string, port: (real: IncidentPort) => IncidentPort = (real) => real): Promise<Ground> {
    const { temporal } = await sandbox('temporal');
    if (!temporal) throw new Error('the sandbox has no Temporal');
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const name = `gw-${randomBytes(4).toString('hex')}`;
    const native = await NativeConnection.connect({ address: temporal.address });
    const client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    const { code } = await bundleWorkflowCode({
      workflowsPath: new URL('./standIn.ts', import.meta.url).pathname,
      logger: new DefaultLogger('ERROR'),
    });
    const worker = await Worker.create({ connection: native, taskQueue: name, workflowBundle: { code } });
    const running = worker.run();
    const system = describe(name, apiUrl);
    const deps: GatewayDeps = {
      systems: new Map([[name, system]]),
      sources: collectSources([system]),
      client,
      incidents: port(createIncidentPort({ client, queue: name, clock: Date.now })),
      secrets: { values: (references) => references.flatMap((reference) => secretValues[reference] ?? []) },
      log: pino({ level: 'silent' }),
      clock: Date.now,
      metrics: createMetrics(),
      identify,
    };
    const app = await createGateway(deps);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const stopWorker = async () => {
      worker.shutdown();
      await running;
    };
    return new Ground(system, client, deps, app, url, stopWorker, native);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await Promise.allSettled(this.opened.map((id) => this.client.workflow.getHandle(id).terminate('end of test')));
    await this.stopWorker();
    await this.native.close();
    await this.client.connection.close();
  }

  /** A stand-in of its own for a test, in the given state. */
  async incident(direction: Direction = {}, rule = 'unmatched'): Promise<StandIn> {
    const workflowId = `incident/${this.system.name}/${rule}/${randomBytes(8).toString('hex')}`;
    const { name } = this.system;
    const kind = direction.view?.kind;
    const input = { system: name, title: 'Disk is full', severity: 'P3', reason: 'a test', requestedBy: 'test' };
    await this.client.workflow.start(
      'incident',
      startOptions(name, workflowId, { ...input, ...(kind === undefined ? {} : { kind }) }),
    );
    this.opened.push(workflowId);
    const standIn = new StandIn(this.client.workflow.getHandle(workflowId));
    await standIn.direct(direction);
    return standIn;
  }

  /** The stand-in that the gateway has opened. */
  standIn(workflowId: string): StandIn {
    this.opened.push(workflowId);
    return new StandIn(this.client.workflow.getHandle(workflowId));
  }

  /** Value of a counter of the gateway with these labels, summed over the others. */
  async counted(metric: 'refused' | 'events', labels: Record<string, string>): Promise<number> {
    const { values } = await this.deps.metrics[metric].get();
    return values
      .filter(({ labels: has }) =>
        Object.entries(labels).every(([key, value]) => (has as Record<string, string | number>)[key] === value),
      )
      .reduce((sum, { value }) => sum + value, 0);
  }
}

export class StandIn {
  constructor(private readonly handle: WorkflowHandle) {}

  get id(): string {
    return this.handle.workflowId;
  }

  async direct(direction: Direction): Promise<void> {
    await this.handle.signal<[Direction]>('direct', direction);
  }

  received(): Promise<Received[]> {
    return this.handle.query<Received[]>('received');
  }

  /** Waits until it has received something like this, and returns that. */
  async receives(type: string): Promise<Received> {
    const end = Date.now() + 30_000;
    for (;;) {
      const found = (await this.received()).find((one) => one.type === type);
      if (found) return found;
      if (Date.now() > end) throw new Error(`never received: ${type}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
