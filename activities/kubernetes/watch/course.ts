import { Context } from '@temporalio/activity';
import { ApiError } from '../api/apiError.js';
import { countsOf } from '../model/counts.js';
import { isLeaving, ownedPods, type OwnedPods } from '../rollout/ownedPods.js';
import type { RestartBaseline } from '../rollout/restarts.js';
import { bounded } from '../../secrets/redact.js';
import { heartbeating } from '../../temporal/heartbeat.js';
import type { Session } from '../session.js';
import type { RolloutCounts, RolloutVerdict, WriteIdentity } from '../types.js';
import { gatherEvidence } from './evidence.js';
import type { Finding } from './finding.js';
import { LookUps } from './lookUp.js';
import { type Memory, newMemory, remember } from './memory.js';
import { Observation, type View } from './observation.js';

/** Conditions that ripen with time alone are looked at this often. */
const TICK_MS = 1_000;
/** How long the last look at the end may take while the API server is away. */
const LAST_LOOK_MS = 60_000;
const SUMMARY = 1_000;

/** How one kind of watch decides. Pure. */
export interface Course {
  /** Ms since the epoch. */
  endAt: number;
  judge(look: Look): Finding | undefined;
  /** After `endAt`; undefined to look a little longer. */
  atEnd(look: Look): Finding | undefined;
  /** One line for the heartbeat. */
  progress(look: Look): string;
}

export interface Look {
  view: View;
  owned: OwnedPods;
  memory: Memory;
  now: number;
}

const noCounts: RolloutCounts = { desired: 0, updated: 0, ready: 0, available: 0, total: 0, terminating: 0 };

interface Beat {
  text: string;
  counts: RolloutCounts;
  baseline: RestartBaseline;
}

/**
 * Watches a workload until `course` finds an outcome. Heartbeats progress; a retried attempt takes the restart baseline from the
 * heartbeat and keeps to the same end. Throws only when the API server stays away at the end, or refuses for good.
 */
export async function follow(session: Session, identity: WriteIdentity, course: Course): Promise<RolloutVerdict> {
  const startedAt = Date.now();
  const before = Context.current().info.heartbeatDetails as Partial<Beat> | undefined;
  const beat: Beat = { text: 'waiting for the API server', counts: noCounts, baseline: before?.baseline ?? {} };
  const memory = newMemory(beat.baseline);
  const observation = new Observation(session);
  const lookUps = new LookUps(session, identity);
  const look = (view: View): Look => {
    const now = Date.now();
    const owned = split(session, view, identity);
    remember(memory, session.ref.kind, identity, view, owned, now);
    beat.counts = countsOfView(session, view);
    return { view, owned, memory, now };
  };
  const decide = async (view: View, judge: (look: Look) => Finding | undefined) => {
    const seen = look(view);
    await lookUps.run(view, seen.owned, memory, seen.now);
    const finding = judge({ ...seen, now: Date.now() });
    beat.text = finding?.summary ?? course.progress(seen);
    return finding;
  };
  const run = async (): Promise<RolloutVerdict> => {
    for (;;) {
      const ended = Date.now() >= course.endAt;
      // At the end, and before anything but "complete" is said, the watch's word is not enough: read anew.
      let view = ended ? await lastLook(observation) : observation.view();
      const judge = ended ? (seen: Look) => course.judge(seen) ?? course.atEnd(seen) : course.judge.bind(course);
      let finding = view && (await decide(view, judge));
      if (view && finding && finding.outcome !== 'complete' && !ended) {
        view = await observation.refresh(LAST_LOOK_MS);
        finding = await decide(view, judge);
      }
      if (view && finding) return verdictOf(session, finding, view, startedAt);
      if (!view)
        beat.text = `waiting for the API server (${bounded(observation.problem?.message ?? 'connecting', 200)})`;
      const left = course.endAt - Date.now();
      await observation.next(left > 0 ? Math.min(TICK_MS, left) : TICK_MS);
    }
  };
  try {
    return await heartbeating(run, () => beat);
  } finally {
    observation.close();
  }
}

async function lastLook(observation: Observation): Promise<View> {
  try {
    return await observation.refresh(LAST_LOOK_MS);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError(
      error.status,
      error.reason,
      `${error.message}; the time is up and the outcome unknown`,
      error.call,
      error.retryAfterMs,
    );
  }
}

function split(session: Session, { workload, revisions, pods }: View, identity: WriteIdentity): OwnedPods {
  if (!workload) return { newPods: [], oldPods: [] };
  return ownedPods(session.ref.kind, workload, revisions, pods, identity.templateHash);
}

function countsOfView(session: Session, { workload, pods }: View): RolloutCounts {
  return workload ? countsOf(session.ref.kind, workload, pods.filter(isLeaving).length) : noCounts;
}

const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

async function verdictOf(session: Session, finding: Finding, view: View, startedAt: number): Promise<RolloutVerdict> {
  const evidence = await gatherEvidence(session, finding.culprits, view.pods);
  // Why a pod is not ready is known to events only.
  const why = finding.outcome === 'deadline' ? evidence[0]?.message : undefined;
  const summary = why === undefined ? finding.summary : `${finding.summary} ${evidence[0]?.pod}: ${why}.`;
  return {
    outcome: finding.outcome,
    summary: sentence(bounded(session.hide(summary), SUMMARY)),
    counts: countsOfView(session, view),
    evidence,
    tookMs: Date.now() - startedAt,
  };
}
