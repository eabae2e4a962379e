import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ResolvedContact } from '../../activities/oncall/types.js';
import { outbox } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import { probe } from '../kit/activities.js';
import { paging, telling } from './calls.js';
import { opensAt, raised } from './ladder.js';
import type { Live } from './live.js';
import { eventSignal } from './messages.js';
import { oncallOf, planOf } from './plan.js';
import { replan } from './replan.js';
import { log, type Effect } from './turn.js';
import { summary } from './updates.js';

/** From this many on, incidents are signalled by one activity instead of a command each. */
const MANY = 20;

/** Carries out what an incident has decided, beside its main loop. Nothing here makes a decision wait, and a cancel stops none of it. */
export class Errands {
  pending = 0;
  private told = 0;

  constructor(
    private readonly live: () => Live,
    private readonly raw: unknown,
  ) {}

  run(effects: Effect[]): void {
    const sends = effects.filter((effect) => effect.type === 'send');
    if (sends.length > MANY) {
      const [first] = sends;
      if (first)
        this.errand('tell other incidents', () =>
          this.sendMany(
            sends.map(({ incident }) => incident),
            first.event,
          ),
        );
    }
    for (const effect of effects)
      if (effect.type !== 'send' || sends.length <= MANY) this.errand(effect.type, () => this.carryOut(effect));
  }

  private errand(what: string, work: () => Promise<unknown>): void {
    this.pending += 1;
    void CancellationScope.nonCancellable(work)
      .catch((error: unknown) => {
        const { message } = causeOf(error);
        this.live().decide((turn) => log(turn, 'system', `Could not be done (${what}): ${message}`));
      })
      .finally(() => {
        this.pending -= 1;
      });
  }

  private async carryOut(effect: Effect): Promise<void> {
    const live = this.live();
    const { state, plan } = live;
    switch (effect.type) {
      case 'page':
        return this.page(effect);
      case 'recall':
        return paging(`Recall pages: ${effect.why}`.slice(0, 190)).recallPages({
          system: plan.system,
          people: effect.people,
          incident: state.incident,
          why: effect.why,
          at: Date.now(),
        });
      case 'opening': {
        const at = await probe('When do business hours begin?').nextBusinessTime({
          hours: plan.incidents.businessHours,
          at: effect.at,
        });
        live.decide((turn) => opensAt(turn, effect.level, at));
        return undefined;
      }
      case 'tell':
        await Promise.all(effect.channels.map((name) => this.tell(name, effect)));
        return undefined;
      case 'send':
        return getExternalWorkflowHandle(effect.incident).signal(eventSignal, effect.event);
      case 'settle':
        await Promise.all(this.pagerduties().map((contact) => this.settle(contact, effect.action)));
        return undefined;
      case 'start':
        return this.start(effect);
      case 'replan': {
        const resolved = await probe('Read the description again').resolveInput({ runbook: 'incident', raw: this.raw });
        const fresh = planOf(resolved.system, resolved.systemHash);
        if (!fresh) return undefined;
        live.decide((turn) => {
          live.plan = fresh;
          replan({ ...turn, plan: fresh }, effect.policy, effect.by);
        });
        return undefined;
      }
    }
  }

  private async page(effect: Effect & { type: 'page' }): Promise<void> {
    const live = this.live();
    const { state, plan } = live;
    const { level, generation, targets } = effect;
    const turn = live.turn();
    const found = await paging(`Page level ${level + 1}: ${effect.why}`.slice(0, 190)).pageTargets({
      snapshot: oncallOf(plan),
      targets,
      at: turn.now,
      page: {
        key: `${state.incident}@${state.openedAt}/${generation}/${level}`,
        incident: state.incident,
        severity: state.severity,
        urgent: plan.incidents.severities.find(({ id }) => id === state.severity)?.urgent ?? false,
        title: state.title,
        text: `${effect.why}. ${summary(turn)}.${this.alertText()}`.slice(0, 2_000),
        level,
        generation,
        at: turn.now,
        ...(state.answered && { again: true }),
      },
    });
    live.decide((now) => raised(now, level, generation, found));
    const told = {
      channels: found.channels,
      kind: 'page' as const,
      title: `${state.severity} ${state.title}`,
      text: effect.why,
    };
    await Promise.all(found.channels.map((name) => this.tell(name, told)));
  }

  private alertText(): string {
    const alerts = this.live()
      .view()
      .alerts.filter(({ status }) => status === 'firing');
    return alerts
      .slice(0, 5)
      .map(({ name, summary: text }) => `\n- ${name}${text === undefined ? '' : `: ${text}`}`)
      .join('');
  }

  private async tell(
    channelName: string,
    what: { kind: 'page' | 'start' | 'end'; title: string; text: string; ongoing?: boolean },
  ): Promise<void> {
    const { state, plan } = this.live();
    const channel = plan.channels[channelName];
    if (!channel) return;
    this.told += 1;
    const { workflowId, runId } = workflowInfo();
    await outbox(`Tell ${channelName}: ${what.title}`.slice(0, 190)).notify({
      channelName,
      channel,
      notification: {
        kind: what.kind,
        key: `${workflowId}/${runId}/${this.told}`,
        title: what.title.slice(0, 250),
        text: what.text.slice(0, 3_000),
        workflowId,
        topic: state.incident,
        ...(what.ongoing && { ongoing: true }),
      },
    });
  }

  /** The PagerDuty contacts through which people were paged. */
  private pagerduties(): ResolvedContact[] {
    const { state, plan } = this.live();
    const paged = new Set(state.pages.flatMap(({ people }) => people));
    const contacts = [...paged].flatMap((person) => plan.people[person]?.contacts ?? []);
    const names = [...new Set(contacts.map(({ channel }) => channel))];
    return names.flatMap((name) => {
      const target = plan.channels[name];
      const contact = contacts.find(({ channel }) => channel === name);
      return target?.type === 'pagerduty' && contact ? [{ ...contact, target }] : [];
    });
  }

  private settle(contact: ResolvedContact, action: 'acknowledge' | 'resolve'): Promise<void> {
    const { state, plan } = this.live();
    return telling(`${contact.channel}: ${action}`).settlePage({
      system: plan.system,
      contact,
      incident: state.incident,
      action,
    });
  }

  private async sendMany(incidents: string[], payload: unknown): Promise<void> {
    await telling(`Tell ${incidents.length} incidents`).signalRuns({
      workflowIds: incidents,
      signal: 'event',
      payload,
    });
  }

  private async start(effect: Effect & { type: 'start' }): Promise<void> {
    const { state, plan } = this.live();
    await startChild(effect.runbook, {
      workflowId: effect.workflowId,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [
        {
          reason: `Incident: ${state.title}`.slice(0, 500),
          ...effect.input,
          system: plan.system,
          requestedBy: effect.by,
          incident: state.incident,
        },
      ],
    });
  }
}
