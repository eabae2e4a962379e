/** Something that is kept under a key, e.g. `rollingUpdate/update-7/0198….json`. */
export interface Stored {
  key: string;
  /** Reference under which `read` finds it again and that a person can follow: `file:///…` or `s3://bucket/key`. */
  reference: string;
  modified: Date;
  bytes: number;
}

/** Create-only storage of small texts. */
export interface EvidenceStore {
  /** Creates it; `exists` when something is there already, which stays as it is. All or nothing: no half-written text can be read. */
  create(key: string, body: string, contentType: string): Promise<'created' | 'exists'>;
  /** The text, or `undefined` when there is none. Takes a key or a reference of this store; throws for any other. */
  read(keyOrReference: string): Promise<string | undefined>;
  reference(key: string): string;
  /** Everything below a prefix, at most `limit` of the newest. */
  list(prefix: string, limit: number): Promise<Stored[]>;
}

/** How many entries `list` looks at before it picks the newest. */
export const LIST_BOUND = 20_000;

export const newestFirst = (found: Stored[], limit: number): Stored[] =>
  found.toSorted((a, b) => b.modified.getTime() - a.modified.getTime()).slice(0, limit);
