/** What a database of ours is: being restored or restored beside the live one, or the live one of before a swap. */
export type TagKind = 'restoring' | 'restored' | 'kept';

/** The run that a database belongs to. */
export interface Owner {
  workflowId: string;
  runId: string;
}

/** The mark that makes a database ours; it is the comment on the database. */
export interface Tag extends Owner {
  kind: TagKind;
  /** The comment that the database had before. */
  comment?: string;
}

const LINE = /^belay: (?<workflowId>.+) (?<runId>\S+) (?<kind>restoring|restored|kept)(?:\n(?<comment>[\s\S]*))?$/;

/** `belay: <workflow id> <run id> <kind>`, and below it the comment that was there before. Pure. */
export function formatTag({ workflowId, runId, kind, comment }: Tag): string {
  const line = `belay: ${oneLine(workflowId)} ${runId} ${kind}`;
  return comment === undefined ? line : `${line}\n${comment}`;
}

const oneLine = (id: string): string => id.replace(/\s+/g, ' ');

/** The tag in a comment; undefined when there is none. Pure. */
export function parseTag(text: string | null): Tag | undefined {
  const { workflowId, runId, kind, comment } = LINE.exec(text ?? '')?.groups ?? {};
  if (workflowId === undefined || runId === undefined) return undefined;
  const known = (['restoring', 'restored', 'kept'] as const).find((one) => one === kind);
  return known && { workflowId, runId, kind: known, ...(comment !== undefined && { comment }) };
}

/**
 * Whether this run may drop the database: it is its own, or one that an earlier run of the same workflow had not finished. One
 * that an earlier run finished may be in use by now. Pure.
 */
export function mayDrop(tag: Tag | undefined, run: Owner): boolean {
  if (tag === undefined || tag.workflowId !== oneLine(run.workflowId)) return false;
  return tag.runId === run.runId || tag.kind === 'restoring';
}

/** `of the run …` or `not ours`, for messages. Pure. */
export const whose = (tag: Tag | undefined): string =>
  tag ? `of the run ${tag.workflowId} ${tag.runId}` : 'without our mark';
