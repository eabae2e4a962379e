/** draft: people write. inReview: others read. published: final. */
export type Stage = 'draft' | 'inReview' | 'published';

export interface Revision {
  revision: number;
  by: string;
  /** ms since the epoch, as all times here. */
  at: number;
  /** Where it is kept; absent while it is being kept, or when the evidence store was away. */
  reference?: string;
}

/** What people see of a postmortem. */
export interface PostmortemView {
  incident: string;
  title: string;
  severity: string;
  stage: Stage;
  /** The newest; its text is the query `draft`. */
  revision: number;
  revisions: Revision[];
  /** End of the incident; the deadlines count from it. */
  endedAt: number;
  dueAt: number;
  nextReminderAt?: number;
  /** Set when it was not published in time. */
  breachedAt?: number;
  /** What people still have to fill in. */
  missing: string[];
  submittedBy?: string;
  publishedBy?: string;
}
