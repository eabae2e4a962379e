import { duration } from './figures.js';
import type { Episode } from './types.js';

/** Firings as they would have been had the alert waited so much longer before it fires. One that began before the span stays. Pure. */
export function withLongerFor(episodes: readonly Episode[], extra: number, spanFrom: number): Episode[] {
  return episodes.flatMap((episode) => {
    if (episode.start <= spanFrom) return [episode];
    return duration(episode) > extra ? [{ ...episode, start: episode.start + extra }] : [];
  });
}

/** Firings as they would have been had the alert gone on for so much longer after its cause went: short gaps close. Pure. */
export function withKeepFiring(episodes: readonly Episode[], extra: number): Episode[] {
  const merged: Episode[] = [];
  const last = new Map<string, Episode>();
  for (const episode of episodes) {
    const before = last.get(episode.series);
    if (before && episode.start <= before.end) {
      before.end = Math.max(before.end, episode.end + extra);
      before.complete &&= episode.complete;
      continue;
    }
    const one = { ...episode, end: episode.end + extra };
    merged.push(one);
    last.set(episode.series, one);
  }
  return merged;
}

/** Firings whose level went beyond a new threshold; those with no known level stay. Pure. */
export function withThreshold(
  episodes: readonly Episode[],
  levels: ReadonlyMap<Episode, number | null>,
  survives: (level: number) => boolean,
): Episode[] {
  return episodes.filter((episode) => {
    const level = levels.get(episode) ?? null;
    return level === null || survives(level);
  });
}
