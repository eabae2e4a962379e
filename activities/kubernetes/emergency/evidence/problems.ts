import { ApiError } from '../../api/apiError.js';
import { bounded } from '../../../secrets/redact.js';

const MAX_SENTENCES = 20;

/** Sentences about what is not in the evidence, and why; the first ones in full, the others as a number. */
export class Problems {
  private readonly said = new Set<string>();

  add(sentence: string): void {
    this.said.add(sentence);
  }

  /** An API call that failed. Rethrows what is no answer of the API server. */
  failed(what: string, error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    const words = bounded(error.message, 200).replace(/\.$/, '');
    this.add(`${what} (${error.status === 0 ? '' : `${error.status} `}${words}).`);
  }

  get sentences(): string[] {
    const all = [...this.said];
    if (all.length <= MAX_SENTENCES) return all;
    return [...all.slice(0, MAX_SENTENCES), `${all.length - MAX_SENTENCES} more things could not be collected.`];
  }
}
