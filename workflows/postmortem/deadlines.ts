/** When people are told what; ms since the epoch. Absolute: a worker that was away changes none of it. */
export interface Deadlines {
  endedAt: number;
  dueAt: number;
  /** In order, before `dueAt`. */
  reminders: number[];
}

/** What of the deadlines is done. */
export interface Told {
  /** Reminders that are over, told or passed by. */
  reminders: number;
  breachedAt?: number;
}

/** Deadlines of a postmortem: reminders so many seconds after the end of the incident, but none when it is due already. */
export function deadlinesOf(
  endedAt: number,
  dueAt: number | undefined,
  rules: { dueSeconds: number; remindSeconds: readonly number[] },
): Deadlines {
  const due = dueAt ?? endedAt + rules.dueSeconds * 1_000;
  const reminders = [...new Set(rules.remindSeconds)].map((seconds) => endedAt + seconds * 1_000);
  return { endedAt, dueAt: due, reminders: reminders.filter((at) => at < due).toSorted((a, b) => a - b) };
}

/** The next instant at which somebody is told something; undefined when there is none left. */
export function nextDeadline({ dueAt, reminders }: Deadlines, told: Told): number | undefined {
  return told.breachedAt === undefined ? (reminders[told.reminders] ?? dueAt) : undefined;
}

/** What is due, and `told` with it. Several reminders that a worker slept through are one; a breach makes them needless, and is told once. */
export function tick({ dueAt, reminders }: Deadlines, told: Told, now: number): 'nothing' | 'remind' | 'breach' {
  if (told.breachedAt !== undefined) return 'nothing';
  const over = reminders.filter((at) => at <= now).length;
  const remind = over > told.reminders;
  told.reminders = Math.max(over, told.reminders);
  if (now < dueAt) return remind ? 'remind' : 'nothing';
  told.breachedAt = dueAt;
  return 'breach';
}
