import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { SecretResolver } from '../../activities/secrets/index.js';
import type { CurrentSecrets } from './types.js';

const REFRESH_MS = 30_000;
const RESOLVE_MS = 5_000;

/**
 * Values of secret references, resolved at the start and again every thirty seconds, so that a rotated token counts without a restart. A value whose
 * place is empty now is forgotten (it was revoked); one whose place cannot be asked now stays.
 */
export class RefreshedSecrets implements CurrentSecrets {
  private readonly known = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly resolver: SecretResolver,
    private readonly references: readonly string[],
    private readonly log: Logger,
    private readonly refreshed: () => void = () => undefined,
  ) {}

  values(references: readonly string[]): string[] {
    return references.flatMap((reference) => this.known.get(reference) ?? []);
  }

  /** Resolves all once and then goes on in the background until `stop`. Never throws: what cannot be resolved is logged, by its reference. */
  async start(refreshMs: number = REFRESH_MS): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), refreshMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Resolves every reference anew. */
  async refresh(): Promise<void> {
    await Promise.all([...new Set(this.references)].map((reference) => this.look(reference)));
    this.refreshed();
  }

  private async look(reference: string): Promise<void> {
    let giveUp: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      giveUp = setTimeout(() => reject(new Error(`no answer within ${RESOLVE_MS / 1_000} s`)), RESOLVE_MS);
    });
    try {
      this.known.set(reference, await Promise.race([this.resolver.resolve(reference), late]));
    } catch (error) {
      const gone = error instanceof ApplicationFailure && error.nonRetryable === true;
      if (gone) this.known.delete(reference);
      const why = error instanceof Error ? error.message : String(error);
      this.log.warn({ reference, kept: this.known.has(reference) }, `a secret could not be resolved: ${why}`);
    } finally {
      clearTimeout(giveUp);
    }
  }
}
