/** Command of a verb: `retryRollback` is `retry-rollback`. */
export const verbCommand = (verb: string): string => verb.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
