/** Beginning of the ids of all our schedules. */
const PREFIX = 'belay';

/** Id of a schedule in Temporal. A system's name and a schedule's id hold no slash. */
export function scheduleId(system: string, id: string): string {
  return `${PREFIX}/${system}/${id}`;
}

/** Beginning of the ids of one system's schedules. */
export function idPrefix(system: string): string {
  return scheduleId(system, '');
}

/** Says in a schedule's memo that we made it, and for which system. Set once: servers before CHASM schedules cannot change a memo. */
export interface OwnerMark {
  managedBy: 'belay';
  system: string;
  schedule: string;
  /** Hash of what was described when the schedule was created. */
  hash: string;
}

/** In the memo of the action, so that each update renews it and each run carries it: what we wrote last. */
export interface LastApplied {
  hash: string;
  /** The note that we would show. */
  ownNote: string;
  /** The note that we left there: our own, or an operator's. Whoever pauses or resumes leaves another. */
  leftNote: string;
  /** Whether it rests only because we switched it off. */
  pausedByUs: boolean;
}

export const ownerKey = 'belayOwner';
export const appliedKey = 'belaySchedule';

type Memo = Record<string, unknown> | undefined;

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Whether a schedule is ours, and this system's. The id alone proves nothing: anybody may choose one. */
export function isOwn(id: string, memo: Memo, system: string): boolean {
  const mark = memo?.[ownerKey];
  return id.startsWith(idPrefix(system)) && field(mark, 'managedBy') === 'belay' && field(mark, 'system') === system;
}

/** What we wrote last; empty when somebody has removed it. */
export function lastApplied(memo: Memo): Partial<LastApplied> {
  const mark = memo?.[appliedKey];
  const text = (name: string) => {
    const value = field(mark, name);
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return { ...text('hash'), ...text('ownNote'), ...text('leftNote'), pausedByUs: field(mark, 'pausedByUs') === true };
}
