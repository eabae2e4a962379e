import { parse } from 'yaml';
import type { Fetch } from '../http/request.js';
import { redact } from '../secrets/redact.js';
import { heartbeating } from '../temporal/heartbeat.js';
import { checkRouting } from './amtool.js';
import { alertmanagerClient, alertsSchema, statusSchema } from './client.js';
import { createSilence, expireSilence, listSilences } from './silences.js';
import type { AlertmanagerActivities, RoutingConfiguration } from './types.js';

export type * from './types.js';

const MAX_ALERTS = 2_000;
/** Much more would not pass through a history. */
const MAX_CONFIG = 262_144;

/** Null for what is no configuration. Alertmanager shows secrets as `<secret>`; older ones show the URLs of webhooks, which may hold some. */
function configurationOf(text: string): RoutingConfiguration | null {
  if (text.length > MAX_CONFIG) return null;
  const value: unknown = parse(redact(text));
  if (typeof value !== 'object' || value === null || !('route' in value)) return null;
  const { route, receivers } = value as Partial<RoutingConfiguration>;
  return typeof route === 'object' ? { ...value, route, receivers: Array.isArray(receivers) ? receivers : [] } : null;
}

/**
 * Alertmanager's API v2 and `amtool`. Touches `<url>/api/v2`, and a temporary folder for the check of a configuration.
 * Failures: `AlertmanagerRefused` final, `AlertmanagerUnavailable` retried.
 */
export function createAlertmanagerActivities(options: { fetch?: Fetch } = {}): AlertmanagerActivities {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    listPresentAlerts: (place) =>
      heartbeating(async () => {
        const all = await alertmanagerClient(fetch, place).get(alertsSchema, '/alerts');
        const alerts = all.slice(0, MAX_ALERTS).map(({ status, receivers, ...alert }) => ({
          ...alert,
          ...status,
          receivers: receivers.map(({ name }) => name),
        }));
        return { alerts, cut: all.length > MAX_ALERTS };
      }),
    listSilences: (place) => heartbeating(() => listSilences(alertmanagerClient(fetch, place))),
    readRouting: (place) =>
      heartbeating(async () => {
        const { versionInfo, config } = await alertmanagerClient(fetch, place).get(statusSchema, '/status');
        return { version: versionInfo.version, running: configurationOf(config.original) };
      }),
    createSilence: ({ url, timeoutSeconds, ...wanted }) =>
      createSilence(alertmanagerClient(fetch, { url, timeoutSeconds }), wanted, Date.now()),
    expireSilence: ({ url, timeoutSeconds, key }) =>
      expireSilence(alertmanagerClient(fetch, { url, timeoutSeconds }), key),
    checkRouting: (input) => heartbeating(() => checkRouting(input)),
  };
}
