import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { segment, type EvidenceStore } from '../../../evidence/index.js';
import { bounded } from '../../../secrets/redact.js';

/** A file of the evidence as it is kept. */
export interface Kept {
  file: string;
  bytes: number;
  sha256: string;
}

const MAX_FILES = 10_000;

/**
 * The files of one collection, below `evidence/<system>/<id>/`. Create-only: what an earlier try has written stays and is what counts.
 * Trouble with the store is `EvidenceUnavailable`, retried.
 */
export class EvidenceFolder {
  private readonly prefix: string;
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly store: EvidenceStore,
    system: string,
    id: string,
  ) {
    this.prefix = `evidence/${segment(system)}/${segment(id)}/`;
  }

  reference(file: string): string {
    return this.store.reference(this.prefix + file);
  }

  /** The files kept by this object so far, by name. */
  get files(): Kept[] {
    return [...this.kept.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  }

  has(file: string): boolean {
    return this.kept.has(file);
  }

  get bytes(): number {
    return this.files.reduce((sum, one) => sum + one.bytes, 0);
  }

  read(file: string): Promise<string | undefined> {
    return asked(this.store.read(this.prefix + file));
  }

  /** Keeps a file; returns what is there now. */
  async keep(file: string, body: string): Promise<string> {
    const contentType = file.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
    const outcome = await asked(this.store.create(this.prefix + file, body, contentType));
    const there = outcome === 'created' ? body : ((await this.read(file)) ?? body);
    this.note(file, there);
    return there;
  }

  /** Takes over a file of an earlier try. */
  async adopt(file: string): Promise<void> {
    const there = await this.read(file);
    if (there !== undefined) this.note(file, there);
  }

  /** Names of the files of earlier tries; none when the store may not be listed, which only costs the work of writing them again. */
  async earlier(): Promise<string[]> {
    try {
      const found = await this.store.list(this.prefix, MAX_FILES);
      return found.map((entry) => entry.key.slice(this.prefix.length)).toSorted();
    } catch {
      return [];
    }
  }

  private note(file: string, body: string): void {
    const sha256 = createHash('sha256').update(body).digest('hex');
    this.kept.set(file, { file, bytes: Buffer.byteLength(body), sha256 });
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const words = bounded(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    const message = `The evidence could not be kept: ${words}. Is the evidence store (BELAY_EVIDENCE) up, and may the worker write to it?`;
    throw ApplicationFailure.retryable(message, 'EvidenceUnavailable');
  }
}
