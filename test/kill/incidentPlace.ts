import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SystemInput } from '../../systems/schema.js';
import type { Env, Stage } from './harness.js';

/** What a webhook has got, as a provider that heeds `Idempotency-Key` sees it. */
export interface Delivery {
  key: string;
  body: string;
  /** Of whom a page is; of a notification its channel. */
  to: string;
  kind: 'page' | 'notification';
  title: string;
  /** 1 for the first; 0 for a notification. */
  level: number;
  at: number;
}

/** Where a worker that handles incidents stands. */
export interface IncidentStage extends Stage {
  systems: string;
  evidence: string;
}

/** A system with three people who are reached by webhook, and the webhook. */
export interface IncidentPlace extends Env {
  /** Every request that came, repeats too. */
  deliveries: Delivery[];
  /** Called at each request, before it is answered. */
  onDelivery: ((delivery: Delivery) => void) | undefined;
  description: SystemInput;
}

export const PEOPLE = ['ada', 'bob', 'cyd'] as const;

/** Folders and environment of a worker; `env` is laid over it. */
export async function incidentStage(
  { temporal, slack }: Pick<SandboxState, 'temporal' | 'slack'>,
  env: Record<string, string> = {},
): Promise<IncidentStage> {
  if (!temporal) throw new Error('the sandbox has no Temporal');
  const queue = `incident-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), `${queue}-`));
  const [systems, evidence] = [join(folder, 'systems'), join(folder, 'evidence')];
  await Promise.all([mkdir(systems), mkdir(evidence)]);
  return {
    queue,
    folder,
    systems,
    evidence,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      BELAY_TASK_QUEUE: queue,
      BELAY_SYSTEMS: systems,
      BELAY_EVIDENCE: evidence,
      BELAY_STICKY_SECONDS: '1',
      WEBHOOK_SECRET: randomUUID(),
      ...(slack && { SLACK_TOKEN: slack.token }),
      ...env,
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * A system whose ladder is due after these seconds. Incidents are shown in the sandbox's Slack where there is one. The description is written for the
 * worker of the stage.
 */
export async function incidentPlace(
  stage: IncidentStage,
  { slack }: Pick<SandboxState, 'slack'>,
  levels: [number, number, number],
): Promise<IncidentPlace> {
  const name = `shop-${randomBytes(4).toString('hex')}`;
  const place: Pick<IncidentPlace, 'deliveries' | 'onDelivery'> = { deliveries: [], onDelivery: undefined };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const delivery = read(String(request.headers['idempotency-key']), body);
      place.deliveries.push(delivery);
      place.onDelivery?.(delivery);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const description = describe(name, `http://127.0.0.1:${port}/`, slack, levels);
  await writeFile(join(stage.systems, `${name}.yaml`), stringify(description));
  return Object.assign(place, {
    name,
    description,
    dispose: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function read(key: string, body: string): Delivery {
  const content = JSON.parse(body) as {
    person?: { id: string };
    channel?: string;
    pages?: { title: string; level: number }[];
    notification?: { title: string };
  };
  const page = content.pages?.[0];
  return {
    key,
    body,
    to: content.person?.id ?? content.channel ?? '',
    kind: content.pages ? 'page' : 'notification',
    title: page?.title ?? content.notification?.title ?? '',
    level: page?.level ?? 0,
    at: Date.now(),
  };
}

function describe(
  name: string,
  url: string,
  slack: SandboxState['slack'],
  levels: [number, number, number],
): SystemInput {
  const hook = { type: 'webhook' as const, url, secret: 'env:WEBHOOK_SECRET' };
  const board = slack && {
    board: { type: 'slack' as const, channel: 'C0BELAYINC', token: 'env:SLACK_TOKEN', apiUrl: slack.url },
  };
  return {
    name,
    title: `Shop ${name}`,
    channels: { hook, bosses: hook, ...board },
    people: Object.fromEntries(
      PEOPLE.map((id) => [
        id,
        { name: id, roles: ['lead' as const], phone: '+1-555-0100', contacts: [{ channel: 'hook' }] },
      ]),
    ),
    incidents: {
      ...(board && { channel: 'board' }),
      severities: [{ id: 'P1', policy: 'critical', urgent: true, stakeholders: ['bosses'] }],
      policies: {
        critical: {
          levels: PEOPLE.map((person, index) => ({
            name: person,
            afterSeconds: levels[index] ?? 0,
            notify: [{ person }],
          })),
          repeat: 1,
          repeatSeconds: 600,
        },
      },
      reopenSeconds: 1,
      repeatSeconds: 1,
    },
  };
}
