import { CancellationScope, condition, sleep, workflowInfo } from '@temporalio/workflow';
import { causeOf } from '../kit/failure.js';
import { telling } from './calls.js';
import type { Live } from './live.js';

/** Between two edits of the message: Slack takes about one a second of a channel. */
const PAUSE_MS = 1_000;
const AT_ONCE = 20;
const TIMELINE_KEPT = 200;
const TIMELINE_MAX = 400;

/** Keeps the incident's message and its thread in step, and the timeline within bounds. One message is under way at a time; only the latest state is shown. */
export class Board {
  private busy = false;
  private shown = '';
  private saving = false;

  constructor(private readonly live: () => Live) {}

  /** Whether something is still on its way. */
  get underWay(): boolean {
    return this.busy || this.saving;
  }

  /** Shows what is new, if anything is, beside the main loop. */
  refresh(): void {
    this.trim();
    if (this.busy || !this.stale()) return;
    this.busy = true;
    void CancellationScope.nonCancellable(() => this.show()).finally(() => {
      this.busy = false;
    });
  }

  /** Gives the last state a moment to be shown before the run ends. */
  async drain(ms: number): Promise<void> {
    this.refresh();
    await condition(() => !this.underWay, ms, { summary: 'The last state is shown' });
  }

  private channel() {
    const { plan, state } = this.live();
    const name =
      state.kind === 'security' && plan.incidents.restricted
        ? plan.incidents.restricted.channel
        : plan.incidents.channel;
    const channel = name === undefined ? undefined : plan.channels[name];
    return name !== undefined && channel ? { name, channel } : undefined;
  }

  private picture(): string {
    return JSON.stringify(this.live().view());
  }

  private stale(): boolean {
    if (!this.channel()) return false;
    const { state } = this.live();
    return this.picture() !== this.shown || (state.root !== undefined && state.threaded < state.entries);
  }

  private async show(): Promise<void> {
    let failures = 0;
    while (this.stale() && failures < 3) {
      try {
        await this.showOnce();
      } catch (error) {
        // A message is no reason to stop paging; the next change tries again.
        causeOf(error);
        failures += 1;
      }
      if (this.stale()) await sleep(PAUSE_MS, { summary: 'Next edit of the message' });
    }
  }

  private async showOnce(): Promise<void> {
    const place = this.channel();
    if (!place) return;
    const { state } = this.live();
    const view = this.live().view();
    const picture = JSON.stringify(view);
    const call = { channelName: place.name, channel: place.channel, view, ...(state.root && { root: state.root }) };
    const { root } = await telling(`Show the incident in ${place.name}`).showIncident(call);
    this.shown = picture;
    if (!root) {
      state.threaded = state.entries;
      return;
    }
    state.root = root;
    const entries = state.timeline.filter(({ n }) => n >= state.threaded).slice(0, AT_ONCE);
    const [first] = entries;
    const last = entries.at(-1);
    if (!first || !last) {
      state.threaded = state.entries;
      return;
    }
    const key = `${state.incident}@${state.openedAt}/${first.n}-${last.n}`;
    await telling(`Timeline ${first.n} to ${last.n} into the thread`).postTimeline({
      channelName: place.name,
      channel: place.channel,
      root,
      key,
      entries,
    });
    state.threaded = last.n + 1;
  }

  /** Older entries go to the evidence store, so that a month-long incident stays small. */
  private trim(): void {
    const { state } = this.live();
    if (this.saving || state.timeline.length <= TIMELINE_MAX) return;
    this.saving = true;
    const entries = state.timeline.slice(0, state.timeline.length - TIMELINE_KEPT);
    void CancellationScope.nonCancellable(async () => {
      const { reference } = await telling('Store older entries of the timeline').saveTimeline({
        incident: state.incident,
        runId: workflowInfo().runId,
        entries,
      });
      state.stored.push(reference);
      const kept = new Set(entries.map(({ n }) => n));
      state.timeline = state.timeline.filter(({ n }) => !kept.has(n));
    })
      .catch((error: unknown) => causeOf(error))
      .finally(() => {
        this.saving = false;
      });
  }
}
