import type { Revision, SavedState, WorkloadFacts } from '../../activities/kubernetes/types.js';
import { ofSaved } from '../rollout/destination.js';
import type { Destination } from '../rollout/types.js';

export type Choice = { found: true; destination: Destination } | { found: false; problem: string };

const isBad = (facts: WorkloadFacts, templateHash: string) =>
  facts.quarantined.find((entry) => entry.templateHash === templateHash);

/**
 * Last known good: the newest state that Belay verified, else one that it saw healthy, else the newest revision of Kubernetes
 * that was ever complete. Never what stands there now, and never "the previous number", which may be another bad one. Pure.
 */
export function chooseDestination(
  facts: WorkloadFacts,
  saved: SavedState[],
  revisions: Revision[],
  to: 'lastKnownGood' | { revision: number },
  overrideQuarantine: boolean,
): Choice {
  return typeof to === 'object'
    ? byRevision(facts, revisions, to.revision, overrideQuarantine)
    : lastKnownGood(facts, saved, revisions, overrideQuarantine);
}

function byRevision(facts: WorkloadFacts, revisions: Revision[], wanted: number, overrideQuarantine: boolean): Choice {
  const revision = revisions.find((one) => one.revision === wanted);
  if (!revision) {
    const known = revisions.map((one) => one.revision).join(', ') || 'none';
    return { found: false, problem: `has no revision ${wanted}; Kubernetes remembers ${known}` };
  }
  if (revision.templateHash === facts.templateHash)
    return { found: false, problem: `is at revision ${wanted} already` };
  const bad = isBad(facts, revision.templateHash);
  if (bad && !overrideQuarantine)
    return {
      found: false,
      problem: `revision ${wanted} is quarantined: ${bad.reason}. Set overrideQuarantine to go there all the same`,
    };
  return { found: true, destination: ofRevision(revision, `revision ${wanted}, as asked`) };
}

function lastKnownGood(
  facts: WorkloadFacts,
  saved: SavedState[],
  revisions: Revision[],
  overrideQuarantine: boolean,
): Choice {
  const usable = (templateHash: string) =>
    templateHash !== facts.templateHash && (overrideQuarantine || !isBad(facts, templateHash));
  const newest = saved.toSorted((a, b) => (b.verifiedAt ?? b.savedAt).localeCompare(a.verifiedAt ?? a.savedAt));
  const verified = newest.find((state) => state.verifiedAt !== undefined && usable(state.templateHash));
  if (verified)
    return { found: true, destination: ofSaved(verified, `verified by Belay at ${verified.verifiedAt ?? ''}`) };
  const healthy = newest.find((state) => state.healthy && usable(state.templateHash));
  if (healthy) return { found: true, destination: ofSaved(healthy, `seen healthy by Belay at ${healthy.savedAt}`) };
  const complete = revisions
    .toSorted((a, b) => b.revision - a.revision)
    .find((revision) => revision.everComplete && usable(revision.templateHash));
  if (complete)
    return {
      found: true,
      destination: ofRevision(
        complete,
        `revision ${complete.revision}, the newest that was ever complete; Belay has no saved state of its own`,
      ),
    };
  return {
    found: false,
    problem:
      'has no state to go back to: Belay saw none healthy, and Kubernetes remembers no other revision that was complete and is not quarantined. Name a revision, or update to a good image',
  };
}

const ofRevision = (revision: Revision, why: string): Destination => ({
  from: 'revision',
  name: revision.name,
  templateHash: revision.templateHash,
  images: revision.images,
  why,
});
