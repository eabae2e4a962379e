import type { EarlierRules, PastIncident } from '../../../activities/alertReview/types.js';
import type {
  PresentAlert,
  RoutingCheck,
  RoutingConfiguration,
  Silence,
} from '../../../activities/alertmanager/types.js';
import type { AlertRule, Firings } from '../../../activities/prometheus/types.js';
import type { Activities } from '../../../activities/types.js';
import type { SystemInput } from '../../../systems/schema.js';
import { describeSystem, World } from '../world.js';

const HOUR = 3_600;

/** A description with two receivers besides Belay. */
const described: Partial<SystemInput> = {
  prometheus: { url: 'http://prometheus.test' },
  alertmanager: { url: 'http://alertmanager.test' },
  channels: {
    ops: { type: 'log' },
    pagerduty: { type: 'pagerduty', routingKey: 'env:KEY' },
    warnings: { type: 'slack', channel: '#warnings', token: 'env:TOKEN' },
  },
  incidents: {
    severities: [{ id: 'P1', policy: 'default', urgent: true }],
    policies: { default: { levels: [{ name: 'L1', afterSeconds: 0, notify: [{ channel: 'ops' }] }] } },
    rules: [{ id: 'slow', match: { alertname: 'Slow' }, groupBy: ['alertname', 'pod'] }],
    sources: { alerts: { type: 'alertmanager', tokens: ['env:ALERTS_TOKEN'] } },
    gateway: { url: 'http://belay.test' },
    routes: [{ id: 'critical', match: { severity: 'critical' }, receiver: 'pagerduty' }],
  },
};

/** A pretended Prometheus and Alertmanager. `Flaps` fires for nothing, over and over; `Real` was handled. */
export class Tower extends World {
  readonly done: string[] = [];
  readonly silences: Silence[] = [];
  /** Alerts that cannot be silenced: the first attempt of each fails for good. */
  readonly refuses = new Map<string, Error>();
  present: PresentAlert[] = [];
  earlier: EarlierRules[] = [];
  incidents: PastIncident[] = [];
  rules: AlertRule[] = ['Flaps', 'Flutters', 'Real'].map((name) => ({
    ...{ name, group: 'shop', file: 'shop.yml', query: 'errors > 5', forSeconds: 60, keepFiringForSeconds: 0 },
    ...{ labels: {}, intervalSeconds: 30, health: 'ok' },
  }));
  check: Partial<RoutingCheck> = {};
  running: RoutingConfiguration | null = null;
  /** Called between the plan and the confirmation. */
  onListSilences: (() => void) | undefined;
  prometheusDown: Error | undefined;

  constructor(name: string, more: Partial<SystemInput> = {}) {
    super(describeSystem(name, ['web'], { ...described, ...more }));
  }

  private firings(to: number, from: number): Firings {
    const flaps = (lasts: number): Firings['series'][number]['firings'] =>
      [20, 15, 10, 5].map((hours) => [to - hours * HOUR, to - hours * HOUR + lasts, 720]);
    const of = (alertname: string, list: ReturnType<typeof flaps>) => ({
      labels: { alertname, pod: 'a' },
      firings: list,
    });
    return {
      ...{ from, to, stepSeconds: 30, cut: false },
      series: [of('Flaps', flaps(60)), of('Flutters', flaps(90)), of('Real', [[to - 30 * HOUR, to - 29 * HOUR, 0]])],
    };
  }

  override activities(): Partial<Activities> {
    const alerts: Partial<Activities> = {
      readAlertRules: async () => {
        if (this.prometheusDown) throw this.prometheusDown;
        return { rules: this.rules, cut: false };
      },
      readFirings: async ({ from, to }) => this.firings(to, from),
      readLevels: async ({ firings }) => firings.map(() => null),
      listPresentAlerts: async () => ({ alerts: this.present, cut: false }),
      listSilences: async () => {
        this.onListSilences?.();
        return this.silences;
      },
      listIncidents: async () => ({ incidents: this.incidents, cut: false }),
      listEarlierRules: async () => this.earlier,
      saveChart: async ({ path }) => {
        this.done.push(`saveChart ${path.at(-1)?.replace(/^.{36}-/, '') ?? ''}`);
        return { reference: `file:///evidence/${path.join('/')}` };
      },
      saveYaml: async ({ path, value }) => {
        this.done.push(`saveYaml ${path.at(-1)?.replace(/^.{36}-/, '') ?? ''}`);
        return { reference: `file:///evidence/${path.join('/')}`, text: JSON.stringify(value) };
      },
      saveDocument: async ({ path }) => {
        this.done.push('saveDocument');
        return { reference: `file:///evidence/${path.join('/')}` };
      },
      createSilence: async ({ key, matchers, endsAt, owner, reason }) => {
        const name = matchers.find((one) => one.name === 'alertname')?.value ?? '';
        this.done.push(`createSilence ${name}`);
        const refusal = this.refuses.get(name);
        if (refusal) throw refusal;
        const id = `silence-${this.silences.length + 1}`;
        const comment = `${reason} [belay ${key}]`;
        this.silences.push({
          ...{ id, state: 'active', matchers, endsAt, createdBy: owner, comment },
          startsAt: endsAt,
        });
        return { id, created: true };
      },
      expireSilence: async ({ key }) => {
        const mine = this.silences.filter(
          ({ comment, state }) => state === 'active' && comment.endsWith(`[belay ${key}]`),
        );
        for (const one of mine) one.state = 'expired';
        this.done.push(`expireSilence ${mine.map(({ id }) => id).join(',')}`);
        return { expired: mine.map(({ id }) => id) };
      },
      checkRouting: async ({ config, samples }) => ({
        ...{ yaml: 'route: {}\n', checkedBy: 'amtool, version 1', valid: true, said: 'SUCCESS' },
        receivers: samples.map(({ severity }) => [
          'belay',
          ...(severity === 'critical' ? [String(config.receivers[1]?.['name'])] : []),
        ]),
        ...this.check,
      }),
      readRouting: async () => ({ version: '0.28.1', running: this.running }),
    };
    return { ...super.activities(), ...alerts };
  }
}

export const review = {
  ...{ days: 7, match: {}, night: { from: '22:00', to: '06:00' }, fewest: 3 },
  ...{ silenceHours: 24, applySilences: false, approvalSeconds: 600 },
};
export const routing = { samples: [], allowUnchecked: false, failOnDifference: false };
