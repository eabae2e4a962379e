import { severityOf } from './plan.js';
import { log, type Turn } from './turn.js';

const minutes = (ms: number): string => `${Math.max(0, Math.round(ms / 60_000))} min`;
const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

/** One sentence on where the incident stands. */
export function summary({ state, now }: Turn): string {
  const firing = Object.values(state.alerts).filter(({ status }) => status === 'firing').length;
  const who =
    state.phase === 'acknowledged'
      ? `${state.owner ?? 'somebody'} has it`
      : state.phase === 'triggered'
        ? 'nobody has answered yet'
        : state.phase;
  const alerts = Object.keys(state.alerts).length > 0 ? `, ${firing} alerts firing` : '';
  return `Open for ${minutes(now - state.openedAt)}: ${who}${alerts}`;
}

function interval({ state, plan, now }: Turn): number | undefined {
  const { updateSeconds, slowUpdateSeconds, slowAfterSeconds } = severityOf(plan, state.severity);
  const slow = now - state.openedAt >= slowAfterSeconds * 1_000;
  const seconds = slow ? (slowUpdateSeconds ?? updateSeconds) : updateSeconds;
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** Puts the next status update on the next absolute tick after now. */
export function planUpdates(turn: Turn): void {
  const { state, now } = turn;
  const every = interval(turn);
  if (every === undefined || state.phase === 'resolved' || state.phase === 'merged') {
    delete state.nextUpdateAt;
    return;
  }
  const ticks = Math.floor((now - state.openedAt) / every) + 1;
  state.nextUpdateAt = state.openedAt + ticks * every;
}

/** Sends the status update that is due, unless a person has posted one since the last tick; always says when the next one comes. */
export function tickUpdates(turn: Turn): void {
  const { state, now } = turn;
  if (state.nextUpdateAt === undefined || state.nextUpdateAt > now) return;
  const every = interval(turn) ?? 0;
  const since = state.nextUpdateAt - every;
  planUpdates(turn);
  if (state.lastUpdate && state.lastUpdate.by !== 'Belay' && state.lastUpdate.at > since) {
    log(turn, 'update', `Status update left out: ${state.lastUpdate.by} has posted one`);
    return;
  }
  const next = state.nextUpdateAt === undefined ? '' : ` Next update ${clock(state.nextUpdateAt)}.`;
  const text = `${summary(turn)}.${next}`;
  state.lastUpdate = { text, by: 'Belay', at: now };
  log(turn, 'update', text);
  tellStakeholders(turn, 'page', `${state.severity} ${state.title}`, text);
}

/** Stakeholders hear of urgent incidents only. */
export function tellStakeholders(turn: Turn, kind: 'page' | 'end', title: string, text: string): void {
  const { stakeholders, urgent } = severityOf(turn.plan, turn.state.severity);
  if (urgent && stakeholders.length > 0 && turn.state.storm === undefined)
    turn.effects.push({ type: 'tell', channels: stakeholders, kind, title, text });
}

/** When customers are told that it still lasts. */
export function customersAt({ state, plan }: Turn): number | undefined {
  const { customers } = severityOf(plan, state.severity);
  if (!customers || state.customersTold || state.kind === 'security' || state.storm !== undefined) return undefined;
  if (state.phase === 'resolved' || state.phase === 'merged') return undefined;
  return state.openedAt + customers.afterSeconds * 1_000;
}

/** Tells customers once; the channel shows the end when it comes. */
export function tickCustomers(turn: Turn): void {
  const at = customersAt(turn);
  const { customers } = severityOf(turn.plan, turn.state.severity);
  if (at === undefined || at > turn.now || !customers) return;
  turn.state.customersTold = true;
  log(turn, 'update', `Customers are told (${customers.channel})`);
  turn.effects.push({
    type: 'tell',
    channels: [customers.channel],
    kind: 'page',
    title: turn.state.title,
    text: summary(turn),
  });
}
