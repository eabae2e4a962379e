/** An image reference as the sandbox's parts understand it. */
export interface ImageReference {
  /** Repository without the registry's host, e.g. `canvas/app`. */
  path: string;
  /** Default `latest`. */
  tag: string;
}

/** What an image's tag asks for: `app:1.2-slow20` is `{kind: 'slow', n: 20}`, a plain tag has kind `''`. */
export interface Behaviour {
  kind: string;
  n: number | undefined;
}

/**
 * Splits an image reference. A registry's host is recognised as by container runtimes: a first part with a dot or a
 * colon, or `localhost`. The same rules are in `stages/_helpers.tpl`, which must come to the same digest.
 */
export function parseImage(image: string): ImageReference {
  const name = image.replace(/@.*$/, '');
  const tag = /:([^/:]*)$/.exec(name)?.[1] ?? 'latest';
  const path = name
    .replace(/:[^/:]*$/, '')
    .replace(/^([^/]*[.:][^/]*|localhost)\//, '')
    .replace(/^library\//, '');
  return { path, tag };
}

/** The behaviour that the suffix of an image's tag asks for; docs/design/sandbox.md lists them. */
export function behaviourOf(image: string): Behaviour {
  const { tag } = parseImage(image);
  if (tag.endsWith('-5xx')) return { kind: '5xx', n: undefined };
  const found = /-([a-z]+)(\d*)$/.exec(tag);
  return { kind: found?.[1] ?? '', n: found?.[2] ? Number(found[2]) : undefined };
}
