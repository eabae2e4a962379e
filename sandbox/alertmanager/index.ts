import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../kit/ports.js';
import { httpProbe } from '../kit/probes.js';
import { startDetached, stopPid, waitReady } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { tellPrometheus } from '../prometheus.js';
import { alertmanagerPrograms } from './program.js';

export { alertmanagerPrograms, alertmanagerProgram, amtoolProgram } from './program.js';

const READY_MS = 60_000;

/** Where the default configuration sends everything. */
export interface Webhook {
  url: string;
  /** File with the bearer token. */
  credentialsFile?: string;
}

/** A configuration in which every alert goes to one webhook, or nowhere, at the pace of a demonstration. */
export function defaultConfiguration(webhook?: Webhook): object {
  const authorization = webhook?.credentialsFile && {
    http_config: { authorization: { type: 'Bearer', credentials_file: webhook.credentialsFile } },
  };
  return {
    route: {
      receiver: 'default',
      group_by: ['alertname'],
      group_wait: '1s',
      group_interval: '2s',
      repeat_interval: '4h',
    },
    receivers: [
      {
        name: 'default',
        ...(webhook && { webhook_configs: [{ url: webhook.url, send_resolved: true, ...authorization }] }),
      },
    ],
  };
}

export interface AlertmanagerOptions {
  dir: string;
  /** An Alertmanager configuration, as an object or as its text. Default: `defaultConfiguration(webhook)`. */
  config?: object | string;
  webhook?: Webhook;
  progress: Progress;
}

/**
 * Starts Alertmanager on 127.0.0.1, alone (no cluster), and waits until it is ready. A Prometheus of the same sandbox, also one that is
 * started later, sends its alerts there.
 */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<{
  pids: Record<string, number>;
  alertmanager: NonNullable<SandboxState['alertmanager']>;
}> {
  const { alertmanager, amtool } = await alertmanagerPrograms(options.progress);
  const data = join(options.dir, 'alertmanager');
  await mkdir(data, { recursive: true });
  const config = join(data, 'alertmanager.yml');
  await writeConfiguration(config, options.config ?? defaultConfiguration(options.webhook));
  const port = await freePort();
  const args = [
    `--config.file=${config}`,
    `--storage.path=${join(data, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // Empty: no cluster, and no port that listens on all addresses.
    '--cluster.listen-address=',
    '--log.level=warn',
  ];
  const started = await startDetached({ name: 'alertmanager', file: alertmanager, args, dir: options.dir });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitReady(started, httpProbe(`${url}/-/ready`), READY_MS);
    await tellPrometheus(options.dir, [`127.0.0.1:${port}`]);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { alertmanager: started.pid }, alertmanager: { url, config, bin: dirname(amtool) } };
}

/** Gives a running Alertmanager of a sandbox another configuration. Throws with what it says when it refuses it. */
export async function configureAlertmanager(
  { url, config }: NonNullable<SandboxState['alertmanager']>,
  content: object | string,
): Promise<void> {
  await writeConfiguration(config, content);
  const response = await fetch(`${url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(10_000) });
  const said = await response.text();
  if (!response.ok) throw new Error(`Alertmanager refused its configuration: ${said.trim()}`);
}

async function writeConfiguration(file: string, content: object | string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, typeof content === 'string' ? content : stringify(content), { mode: 0o600 });
  await rename(draft, file);
}
