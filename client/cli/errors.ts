import { exit } from './exitCodes.js';

/** An error that is shown as it is: one line with cause and cure. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = exit.error,
    /** More lines, one per problem; shown below the message. */
    readonly details: string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Wrong usage or wrong input. */
export class UsageError extends CliError {
  constructor(message: string, details: string[] = []) {
    super(message, exit.usage, details);
  }
}

/** Message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
