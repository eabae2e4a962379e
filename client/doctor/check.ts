/** One finding. `bad` makes the exit code 1; `warn` is worth a look. */
export interface Check {
  area: string;
  name: string;
  level: 'ok' | 'warn' | 'bad';
  /** One line; never a secret. */
  detail: string;
  cure?: string;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Runs one check; whatever it throws is its finding. */
export async function attempt(area: string, name: string, body: () => Promise<Check | Check[]>): Promise<Check[]> {
  try {
    return [await body()].flat();
  } catch (error) {
    return [{ area, name, level: 'bad', detail: messageOf(error).split('\n')[0] ?? '' }];
  }
}
