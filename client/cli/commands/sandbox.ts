import { COMPONENTS, down, status, up } from '../../../sandbox/index.js';
import type { ComponentName, SandboxState } from '../../../sandbox/kit/types.js';
import { UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';

const nameOf = (io: Io): string | undefined => io.env['BELAY_SANDBOX'] || undefined;

/** Where everything is, and how to use and stop it. */
function guide(state: SandboxState): string {
  const { temporal, kubernetes, services, prometheus, alertmanager, registry, slack, statuspage, pagerduty, mail } =
    state;
  const places: [string, string | undefined][] = [
    ['Temporal', temporal?.address],
    ['Temporal UI', temporal?.ui],
    ['Kubernetes', kubernetes?.server],
    ['kubeconfig', kubernetes?.kubeconfig],
    ['services', services?.url],
    ['Prometheus', prometheus?.url],
    ['Alertmanager', alertmanager?.url],
    ['registry', registry?.host],
    ['Slack double', slack?.url],
    ['Statuspage double', statuspage?.url],
    ['PagerDuty double', pagerduty?.url],
    ['mail server', mail && `${mail.host}:${mail.port}, shown at ${mail.url}/_sandbox/messages`],
  ];
  return [
    table(places.flatMap(([name, place]) => (place === undefined ? [] : [[name, place]]))),
    '',
    'belay uses these while TEMPORAL_ADDRESS and KUBECONFIG are not set. Next: belay worker, then belay list.',
    'Stop it: belay sandbox down',
  ].join('\n');
}

/** `belay sandbox up`. The first time, programs are installed or built, with progress on standard error. */
export async function sandboxUp(io: Io, options: { only?: string[] }): Promise<void> {
  const unknown = options.only?.find((name) => !(COMPONENTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no component "${unknown}". Known: ${COMPONENTS.join(', ')}`);
  const name = nameOf(io);
  const state = await up({
    ...(name === undefined ? {} : { name }),
    ...(options.only ? { components: options.only as ComponentName[] } : {}),
    progress: (line) => io.note(line),
  });
  const { slack, statuspage, pagerduty, mail } = state;
  const shown = {
    ...state,
    slack: slack && { url: slack.url },
    statuspage: statuspage && { url: statuspage.url, pageId: statuspage.pageId, components: statuspage.components },
    pagerduty: pagerduty && { url: pagerduty.url, schedule: pagerduty.schedule, users: pagerduty.users },
    mail: mail && { host: mail.host, port: mail.port, user: mail.user, url: mail.url },
  };
  print(io, shown, () => guide(state));
}

/** `belay sandbox down`. Safe to repeat. */
export async function sandboxDown(io: Io, options: { purge?: boolean }): Promise<void> {
  const stopped = await down(nameOf(io), options);
  print(io, { stopped }, () => (stopped.length > 0 ? `Stopped ${stopped.join(', ')}` : 'Nothing ran'));
}

/** `belay sandbox status`. Exit code 1 when something of it does not run. */
export async function sandboxStatus(io: Io): Promise<number> {
  const { state, components } = await status(nameOf(io));
  print(io, { up: state !== undefined, components }, () =>
    state === undefined
      ? 'No sandbox is up. Start one: belay sandbox up'
      : table(components.map((c) => [c.running ? 'up' : 'DOWN', c.name, c.address ?? '', c.problem ?? ''])),
  );
  return components.every((component) => component.running) ? exit.ok : exit.error;
}
