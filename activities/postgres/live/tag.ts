/** What a database of ours is: restored beside the live one, or the live one of before a swap. */
export type TagKind = 'restored' | 'kept';

/** The mark that makes a database ours to drop; it is the comment on the database. */
export interface Tag {
  workflowId: string;
  kind: TagKind;
  /** The comment that the database had before. */
  comment?: string;
}

/** `belay: <workflow id> <kind>`, and below it the comment that was there before. Pure. */
export function formatTag({ workflowId, kind, comment }: Tag): string {
  const line = `belay: ${workflowId.replace(/\s+/g, ' ')} ${kind}`;
  return comment === undefined ? line : `${line}\n${comment}`;
}

/** The tag in a comment; undefined when there is none. Pure. */
export function parseTag(comment: string | null): Tag | undefined {
  const [, workflowId, kind, rest] = /^belay: (.+) (restored|kept)(?:\n([\s\S]*))?$/.exec(comment ?? '') ?? [];
  if (workflowId === undefined) return undefined;
  return {
    workflowId,
    kind: kind === 'kept' ? 'kept' : 'restored',
    ...(rest !== undefined && { comment: rest }),
  };
}
