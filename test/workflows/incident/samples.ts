import { systemSchema, type SystemInput } from '../../../systems/schema.js';
import type { IncidentInput } from '../../../workflows/incident/input.js';
import { act, nextDeadline, take, tick } from '../../../workflows/incident/machine.js';
import { type IncidentPlan, planOf } from '../../../workflows/incident/plan.js';
import { raised } from '../../../workflows/incident/ladder.js';
import { type IncidentState, openState } from '../../../workflows/incident/state.js';
import type { Effect, Turn } from '../../../workflows/incident/turn.js';
import type { Action, ActionAnswer, AlertFact } from '../../../workflows/incident/types.js';

const contact = { contacts: [{ channel: 'pages' }], slack: 'U0SAMPLE1' };

/** Four levels at 0, 15, 30 and 60 minutes, as in the manual; a milder severity whose second level waits for business hours. */
export const shop = {
  name: 'shop',
  title: 'Shop',
  channels: {
    pages: { type: 'slack' as const, channel: '#pages', token: 'env:SLACK_BOT_TOKEN' },
    team: { type: 'log' as const },
    bosses: { type: 'log' as const },
    public: { type: 'log' as const },
  },
  people: {
    ada: { name: 'Ada', ...contact },
    bob: { name: 'Bob', ...contact },
    cyd: { name: 'Cyd', roles: ['lead' as const], ...contact },
    dee: { name: 'Dee', roles: ['executive' as const], ...contact },
  },
  incidents: {
    channel: 'team',
    severities: [
      {
        id: 'P1',
        policy: 'critical',
        urgent: true,
        phases: [
          { name: 'acknowledge' as const, withinSeconds: 60 },
          { name: 'resolve' as const, withinSeconds: 1_800 },
        ],
        updateSeconds: 900,
        stakeholders: ['bosses'],
        customers: { channel: 'public' },
      },
      { id: 'P2', policy: 'critical', updateSeconds: 1_800 },
      { id: 'P3', policy: 'mild', pauseSeconds: 120 },
    ],
    policies: {
      critical: {
        levels: [
          { name: 'on call', afterSeconds: 0, notify: [{ person: 'ada' }] },
          { name: 'senior', afterSeconds: 900, notify: [{ person: 'bob' }] },
          { name: 'manager', afterSeconds: 1_800, notify: [{ person: 'cyd' }] },
          { name: 'executive', afterSeconds: 3_600, notify: [{ person: 'dee' }] },
        ],
        repeat: 2,
        repeatSeconds: 900,
        fallback: [{ person: 'cyd' }],
        ackTimeoutSeconds: 3_600,
        ackConfirmSeconds: 600,
      },
      mild: {
        levels: [
          { name: 'on call', afterSeconds: 0, notify: [{ person: 'ada' }] },
          { name: 'lead', afterSeconds: 3_600, notify: [{ person: 'cyd' }], businessHoursOnly: true },
        ],
      },
      both: {
        levels: [{ name: 'both', afterSeconds: 0, notify: [{ person: 'ada' }, { person: 'bob' }], multiAck: true }],
      },
    },
    checklist: [{ step: 'Isolate' }, { step: 'Preserve evidence' }],
    postmortem: { severities: ['P1'] },
  },
} satisfies SystemInput;

export function samplePlan(
  change: (incidents: NonNullable<SystemInput['incidents']>) => void = () => undefined,
): IncidentPlan {
  const raw: SystemInput = structuredClone(shop);
  if (raw.incidents) change(raw.incidents);
  const plan = planOf(systemSchema.parse(raw), 'hash');
  if (!plan) throw new Error('the sample describes incidents');
  return plan;
}

export const T0 = Date.parse('2026-11-21T03:00:00Z');
export const MIN = 60_000;

/** An incident on a clock that the test moves: what the workflow does, without Temporal. */
export class Played {
  readonly state: IncidentState;
  readonly effects: { at: number; effect: Effect }[] = [];
  now = T0;
  /** Who is on call, by person; those who are not lead to nobody. */
  absent: string[] = [];

  constructor(
    readonly plan: IncidentPlan = samplePlan(),
    input: Partial<IncidentInput> = {},
  ) {
    const common = { system: 'shop', reason: 'test', requestedBy: 'test', dryRun: false };
    const given = {
      ...common,
      title: 'Checkout fails',
      severity: 'P1',
      kind: 'operational' as const,
      isStorm: false,
      ...input,
    };
    this.state = openState('incident/shop/x', given, plan, T0);
    this.to(0);
  }

  turn<T>(decide: (turn: Turn) => T): T {
    const turn: Turn = { state: this.state, plan: this.plan, now: this.now, effects: [] };
    const result = decide(turn);
    for (const effect of turn.effects) {
      this.effects.push({ at: this.now, effect });
      if (effect.type === 'page') this.answer(effect);
    }
    return result;
  }

  private answer(effect: Effect & { type: 'page' }): void {
    const names = effect.targets.flatMap((target) => ('person' in target ? [target.person] : []));
    const people = names
      .filter((id) => !this.absent.includes(id))
      .flatMap((id) => {
        const person = this.plan.people[id];
        return person ? [{ id, person, because: 'person', contacts: [] }] : [];
      });
    const empty = names.filter((id) => this.absent.includes(id)).map((id) => `${id} is away`);
    this.turn((turn) => raised(turn, effect.level, effect.generation, { people, channels: [], empty }));
  }

  /** Moves the clock to so many minutes after the opening, stopping at every deadline, as the workflow does. */
  to(minutes: number): this {
    const end = T0 + minutes * MIN;
    for (let steps = 0; steps < 10_000; steps++) {
      this.turn(tick);
      const at = this.turn(nextDeadline);
      if (at === undefined || at > end) break;
      this.now = Math.max(this.now, at);
      if (this.state.closesAt !== undefined && this.now >= this.state.closesAt) break;
    }
    this.now = Math.max(this.now, end);
    return this;
  }

  /** The worker was away: the clock stands at the time without a stop in between. */
  jump(minutes: number): this {
    this.now = T0 + minutes * MIN;
    this.turn(tick);
    return this;
  }

  do(
    action: Record<string, unknown> & { type: Action['type'] },
    actor: Action['actor'] = { id: 'ada', via: 'slack', person: 'ada' },
  ): ActionAnswer {
    return this.turn((turn) => act(turn, { actor, ...action } as Action));
  }

  alerts(...alerts: (Partial<AlertFact> & { fingerprint: string })[]): this {
    const facts = alerts.map((alert) => ({
      status: 'firing' as const,
      startsAt: this.now,
      name: 'HighErrors',
      severity: 'P1',
      labels: {},
      ...alert,
    }));
    const deliveryId = JSON.stringify(
      facts.map(({ fingerprint, status, startsAt }) => [fingerprint, status, startsAt]),
    );
    this.turn((turn) => take(turn, { type: 'alerts', deliveryId, source: 'am', receivedAt: this.now, alerts: facts }));
    this.turn(tick);
    return this;
  }

  /** Who was paged, with the minute. */
  pages(): string[] {
    return this.state.pages.flatMap(({ at, people }) => people.map((person) => `${(at - T0) / MIN} ${person}`));
  }

  of<Type extends Effect['type']>(type: Type): (Effect & { type: Type })[] {
    return this.effects
      .map(({ effect }) => effect)
      .filter((effect): effect is Effect & { type: Type } => effect.type === type);
  }

  said(text: string): boolean {
    return this.state.timeline.some((entry) => entry.text.includes(text));
  }
}
