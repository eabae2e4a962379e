/** One challenge of a `WWW-Authenticate` header: the scheme in lower case and its parameters. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

/**
 * The first Bearer challenge, else the first of another scheme (RFC 9110 §11.6.1; registries use
 * https://distribution.github.io/distribution/spec/auth/token/). Pure.
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const challenges: Challenge[] = [];
  const token = /\s*,?\s*(?:([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+))/gy;
  for (const [, name, quoted, plain, scheme] of (header ?? '').slice(0, 8_192).matchAll(token)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    const last = challenges.at(-1);
    if (name !== undefined && last)
      last.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return challenges.find((challenge) => challenge.scheme === 'bearer') ?? challenges[0];
}
