/**
 * Reads environment variables and collects what is wrong with them. By hand, because a schema library takes a tenth of a worker's
 * start to load.
 */
export class EnvironmentReader {
  readonly problems: string[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Empty variables count as not set, as in a compose file with `NAME=`. */
  text(name: string): string | undefined {
    return this.env[name] || undefined;
  }

  /** At most `most` characters. */
  textUpTo(name: string, most: number): string | undefined {
    const text = this.text(name);
    return this.checked(name, text, (value) => value.length <= most, `must be at most ${most} characters`);
  }

  matching(name: string, pattern: RegExp, words: string): string | undefined {
    return this.checked(name, this.text(name), (value) => pattern.test(value), words);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const found = values.find((value) => value === this.text(name));
    if (found === undefined && this.text(name) !== undefined)
      this.problems.push(`${name}: must be one of ${values.join(', ')}`);
    return found;
  }

  /** A number from `least` to `most`. */
  number(name: string, least: number, most: number): number | undefined {
    const fits = (value: number): boolean => value >= least && value <= most;
    return this.checked(name, this.numeric(name), fits, `must be a number from ${least} to ${most}`);
  }

  whole(name: string, least: number, most: number): number | undefined {
    const fits = (value: number): boolean => Number.isInteger(value) && value >= least && value <= most;
    return this.checked(name, this.numeric(name), fits, `must be a whole number from ${least} to ${most}`);
  }

  private numeric(name: string): number | undefined {
    const text = this.text(name)?.trim();
    return text === undefined ? undefined : text === '' ? Number.NaN : Number(text);
  }

  private checked<T>(name: string, value: T | undefined, fits: (value: T) => boolean, words: string): T | undefined {
    if (value === undefined || fits(value)) return value;
    this.problems.push(`${name}: ${words}`);
    return undefined;
  }
}
