import { finishPhase } from '../clocks.js';
import { firing, planClosing, repage, resolve } from '../ending.js';
import { page, rewind } from '../ladder.js';
import { policyOf, severityOf } from '../plan.js';
import { changeSeverity } from '../severity.js';
import { log, recall, type Turn } from '../turn.js';
import type { Action, Actor } from '../types.js';
import { planUpdates, tellStakeholders } from '../updates.js';

/** Whether a person has acted, and not a machine for itself: only that counts as a response. */
const isHuman = ({ via, person }: Actor): boolean =>
  via === 'ui' || via === 'cli' || via === 'slack' || person !== undefined;

const nameOf = (actor: Actor): string => actor.person ?? actor.id;
const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

function acknowledge(turn: Turn, action: Action & { type: 'acknowledge' }): string {
  const { state, plan, now } = turn;
  const who = nameOf(action.actor);
  const human = isHuman(action.actor);
  const multi = policyOf(plan, state.policy).levels[state.level]?.multiAck ?? false;
  state.unanswered = state.unanswered.filter((one) => one !== who);
  if (human && state.firstHumanAckAt === undefined) {
    state.firstHumanAckAt = now;
    finishPhase(turn, 'acknowledge');
  }
  if (state.phase === 'acknowledged') {
    delete state.askedAt;
    recall(turn, `${who} has acknowledged`, multi ? state.unanswered : []);
    const same = state.owner === who;
    log(turn, 'action', same ? `${who} confirms` : `${who} has acknowledged too; ${state.owner ?? 'somebody'} has it`, {
      actor: action.actor,
    });
    return same ? 'You have it.' : `${state.owner ?? 'Somebody'} has it already; your answer is noted.`;
  }
  const before = state.phase;
  state.phase = 'acknowledged';
  state.owner = who;
  state.ackedAt = now;
  state.answered = true;
  state.generation += 1;
  delete state.snoozedUntil;
  delete state.askedAt;
  recall(turn, `${who} has acknowledged`, multi ? state.unanswered : []);
  if (action.actor.via !== 'pagerduty') turn.effects.push({ type: 'settle', action: 'acknowledge' });
  log(
    turn,
    'action',
    `${who} has acknowledged${human ? '' : ' (a machine: no human response)'}${because(action.reason)}`,
    {
      actor: action.actor,
      before,
      after: 'acknowledged',
    },
  );
  for (const incident of state.children)
    turn.effects.push({
      type: 'send',
      incident,
      event: {
        type: 'acknowledge',
        actor: { ...action.actor, via: 'storm' },
        requestId: `storm/${state.incident}/${state.generation}`,
      },
    });
  return 'The incident is yours; nobody is paged any more.';
}

function escalate(turn: Turn, action: Action & { type: 'escalate' }): string {
  const { state, now } = turn;
  const next = state.level + 1;
  const who = nameOf(action.actor);
  recall(turn, `${who} has escalated`);
  state.generation += 1;
  state.exhausted = false;
  if (state.phase !== 'triggered') {
    rewind(turn, 'present');
    state.ladderAt = now - (policyOf(turn.plan, state.policy).levels[next]?.afterSeconds ?? 0) * 1_000;
  }
  log(turn, 'action', `${who} escalates${because(action.reason)}`, {
    actor: action.actor,
    before: String(next - 1),
    after: String(next),
  });
  page(turn, next, `escalated by ${who}`);
  return `Level ${next + 1} is paged.`;
}

function reassign(turn: Turn, action: Action & { type: 'reassign' }): string {
  const { state, plan } = turn;
  const before = state.owner ?? 'nobody';
  recall(turn, `reassigned to ${action.to}`);
  log(turn, 'action', `${nameOf(action.actor)} reassigns to ${action.to}${because(action.reason)}`, {
    actor: action.actor,
    before,
    after: action.to,
  });
  if (action.to in plan.people) {
    rewind(turn, 'present');
    state.level += 1;
    turn.effects.push({
      type: 'page',
      level: state.level,
      generation: state.generation,
      targets: [{ person: action.to }],
      why: `reassigned by ${nameOf(action.actor)}`,
    });
    return `${action.to} is paged; if they do not answer, the ladder goes on above level ${state.level + 1}.`;
  }
  state.policy = action.to;
  state.policyFixed = true;
  rewind(turn, 'first');
  return `The ladder begins anew with the policy ${action.to}.`;
}

function snooze(turn: Turn, action: Action & { type: 'snooze' }): string {
  const { state } = turn;
  if (action.until === null) {
    endSnooze(turn, `ended by ${nameOf(action.actor)}`);
    return 'The snooze is over; the ladder goes on.';
  }
  const until = new Date(action.until).toISOString();
  const before = state.phase;
  state.phase = 'snoozed';
  state.snoozedUntil = action.until;
  state.generation += 1;
  recall(turn, `snoozed until ${until}`);
  log(turn, 'action', `${nameOf(action.actor)} snoozes until ${until}${because(action.reason)}`, {
    actor: action.actor,
    before,
    after: 'snoozed',
  });
  return `Nobody is paged until ${until}.`;
}

/** A snooze is over: whoever should have it is paged. */
export function endSnooze(turn: Turn, why: string): void {
  delete turn.state.snoozedUntil;
  log(turn, 'ladder', `The snooze is over: ${why}`);
  repage(turn, 'the snooze is over');
}

function postUpdate(turn: Turn, action: Action & { type: 'postUpdate' }): string {
  const { state, plan, now } = turn;
  const who = nameOf(action.actor);
  state.lastUpdate = { text: action.text, by: who, at: now };
  log(turn, 'update', `${who}: ${action.text}`, { actor: action.actor });
  planUpdates(turn);
  if (action.audience !== undefined && action.audience !== 'team')
    tellStakeholders(turn, 'page', `${state.severity} ${state.title}`, `${who}: ${action.text}`);
  const { customers } = severityOf(plan, state.severity);
  if (action.audience !== 'public') return 'Posted.';
  if (!customers) return `Posted to the team and stakeholders; ${state.severity} has no channel for customers.`;
  state.customersTold = true;
  turn.effects.push({
    type: 'tell',
    channels: [customers.channel],
    kind: 'page',
    title: state.title,
    text: action.text,
  });
  return 'Posted, also to customers.';
}

function linkRun(turn: Turn, action: Action & { type: 'linkRun' }): string {
  const { state, now } = turn;
  const who = nameOf(action.actor);
  const known = state.runs.find(({ workflowId }) => workflowId === action.workflowId);
  const run = known ?? { workflowId: action.workflowId, runbook: action.runbook, by: who, at: now };
  if (!known) state.runs = [...state.runs, run].slice(-100);
  if (action.outcome !== undefined) run.outcome = action.outcome;
  if (action.summary !== undefined) run.summary = action.summary;
  if (action.start && !known)
    turn.effects.push({
      type: 'start',
      runbook: action.runbook,
      workflowId: action.workflowId,
      input: action.input ?? {},
      by: who,
    });
  const end = action.outcome === undefined ? '' : ` ended: ${action.outcome}${because(action.summary)}`;
  log(
    turn,
    'run',
    `${action.runbook} (${action.workflowId})${end || (action.start ? ' is started' : ' belongs to this incident')}`,
    { actor: action.actor },
  );
  return action.start ? `${action.runbook} is started as ${action.workflowId}.` : 'Noted.';
}

/** Does what an action asks; whoever calls has asked `refusal` first. Returns what it brought about, for people. */
export function perform(turn: Turn, action: Action): string {
  const { state, now } = turn;
  const who = nameOf(action.actor);
  if (state.mergedInto !== undefined) {
    turn.effects.push({ type: 'send', incident: state.mergedInto, event: action });
    return `It is part of ${state.mergedInto}; passed on to that incident.`;
  }
  state.lastActivityAt = now;
  delete state.askedAt;
  switch (action.type) {
    case 'acknowledge':
      return acknowledge(turn, action);
    case 'escalate':
      return escalate(turn, action);
    case 'resolve': {
      const still = firing(turn).length;
      log(turn, 'action', `${who} resolves${because(action.reason)}`, {
        actor: action.actor,
        before: state.phase,
        after: 'resolved',
      });
      if (isHuman(action.actor) && state.firstHumanAckAt === undefined) {
        state.firstHumanAckAt = now;
        log(turn, 'system', 'Resolved without an acknowledgement: counted as answered now');
      }
      resolve(turn, isHuman(action.actor) ? 'person' : 'source', who);
      return still > 0
        ? `Resolved, although ${still} of its alerts still fire; until they end it is not opened anew for them.`
        : 'Resolved.';
    }
    case 'reassign':
      return reassign(turn, action);
    case 'snooze':
      return snooze(turn, action);
    case 'setSeverity':
      changeSeverity(turn, action.severity, `by ${who}${because(action.reason)}`, action.actor);
      return `It is ${action.severity} now; the ladder counts from the opening.`;
    case 'postUpdate':
      return postUpdate(turn, action);
    case 'advance':
      finishPhase(turn, action.phase);
      log(turn, 'action', `${who}: "${action.phase}" is done${because(action.reason)}`, { actor: action.actor });
      return `"${action.phase}" is done.`;
    case 'merge':
      recall(turn, `merged into ${action.into}`);
      state.phase = 'merged';
      state.mergedInto = action.into;
      state.generation += 1;
      planClosing(turn);
      log(turn, 'action', `${who} merges it into ${action.into}${because(action.reason)}`, { actor: action.actor });
      turn.effects.push({
        type: 'send',
        incident: action.into,
        event: {
          type: 'child',
          deliveryId: `merge/${state.incident}`,
          incident: state.incident,
          title: state.title,
          receivedAt: now,
        },
      });
      return `It is part of ${action.into} from now on.`;
    case 'applyPolicy':
      turn.effects.push({ type: 'replan', by: who, ...(action.policy !== undefined && { policy: action.policy }) });
      log(
        turn,
        'action',
        `${who} applies the ${action.policy === undefined ? 'present description' : `policy ${action.policy}`}${because(action.reason)}`,
        { actor: action.actor },
      );
      return 'The description is read again, and the rest of the ladder planned by it.';
    case 'note':
      log(turn, 'action', `${who}: ${action.text}`, { actor: action.actor });
      return 'Noted.';
    case 'linkRun':
      return linkRun(turn, action);
    case 'checkStep': {
      const step = state.checklist[action.step];
      if (step) Object.assign(step, { doneBy: who, doneAt: now });
      log(turn, 'action', `${who}: done: ${step?.step ?? ''}`, { actor: action.actor });
      return 'Done.';
    }
    case 'markNoise':
      state.noise = action.noise;
      log(turn, 'action', `${who} marks it as ${action.noise}`, { actor: action.actor });
      return 'Noted for the alert review.';
  }
}
