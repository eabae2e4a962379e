/** A container image as Kubernetes names it, normalised as the container tools do. Pure; usable anywhere. */
export interface ImageReference {
  /** Registry host, `docker.io` when the text names none. */
  domain: string;
  /** Repository below the registry, e.g. `library/nginx`. */
  path: string;
  /** `latest` when the text has neither tag nor digest. Next to a digest it is only a label: the digest decides. */
  tag?: string;
  /** `sha256:…` or another algorithm. */
  digest?: string;
}

export type ParsedReference = { ok: true; reference: ImageReference } | { ok: false; reason: string };

/** https://pkg.go.dev/github.com/distribution/reference: the grammar that container runtimes and registries share. */
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::(?<port>[0-9]+))?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** Of a repository's path; registries and runtimes refuse longer ones. */
const MAX_PATH = 255;

const bad = (reason: string): ParsedReference => ({ ok: false, reason });

/** A first part with a dot, a port or capitals, or `localhost`, is a registry; anything else belongs to a path on docker.io. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  let domain = isDomain ? first : 'docker.io';
  let path = isDomain ? name.slice(slash + 1) : name;
  if (domain === 'index.docker.io') domain = 'docker.io';
  if (domain === 'docker.io' && path !== '' && !path.includes('/')) path = `library/${path}`;
  return { domain, path };
}

function digestProblem(digest: string): string | undefined {
  const algorithm = digest.slice(0, Math.max(0, digest.indexOf(':')));
  const hex = digest.slice(digest.indexOf(':') + 1);
  const length = { sha256: 64, sha384: 96, sha512: 128 }[algorithm];
  if (length !== undefined && !new RegExp(`^[a-f0-9]{${length}}$`).test(hex)) {
    return `the digest after "@" must have ${length} lower-case hexadecimal digits for ${algorithm}, it has ${hex.length} characters`;
  }
  return DIGEST.test(digest) ? undefined : 'what follows "@" is not a digest such as sha256:<64 hexadecimal digits>';
}

function pathProblem(domain: string, path: string): string | undefined {
  const port = DOMAIN.exec(domain)?.groups?.['port'];
  if (!DOMAIN.test(domain)) return `"${domain}" is not a registry host`;
  if (port !== undefined && Number(port) > 65_535) return `the port ${port} of the registry is above 65535`;
  if (path === '') return 'the repository name is missing';
  if (path.length > MAX_PATH)
    return `the repository name has ${path.length} characters, at most ${MAX_PATH} are allowed`;
  if (path !== path.toLowerCase()) return 'the repository name must be lower case';
  const part = path.split('/').find((candidate) => !PATH_PART.test(candidate));
  if (part === '') return 'the repository name has an empty part between slashes';
  if (part !== undefined) {
    return `"${part}" is not a valid part of a repository name: a-z and 0-9, joined by ".", "_", "__" or "-"`;
  }
  return undefined;
}

/** Parses and normalises an image, or says in one sentence why it is malformed (without repeating the whole text). */
export function parseImageReference(text: string): ParsedReference {
  if (text === '') return bad('the image is empty');
  if (text.length > 1_024) return bad(`the image has ${text.length} characters; no registry takes that many`);
  if (text !== text.trim() || /\s/.test(text)) return bad('the image contains white space');
  if (/^[a-z]+:\/\//i.test(text)) return bad('an image has no scheme; leave out what comes before and including "://"');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const problem = digest === undefined ? undefined : digestProblem(digest);
  if (problem) return bad(problem);

  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const name = hasTag ? named.slice(0, colon) : named;
  if (tag === '') return bad('the tag after ":" is empty');
  if (tag !== undefined && tag.length > 128)
    return bad(`the tag has ${tag.length} characters, at most 128 are allowed`);
  if (tag !== undefined && !TAG.test(tag)) {
    return bad(`"${tag}" is not a valid tag: letters, digits, "_", "." and "-", not starting with "." or "-"`);
  }
  // Container tools read 64 hexadecimal digits as a local image id, never as a repository.
  if (/^[a-f0-9]{64}$/.test(name)) return bad('64 hexadecimal digits alone are an image id, not a repository');

  const { domain, path } = splitDomain(name);
  const wrong = pathProblem(domain, path);
  if (wrong) return bad(wrong);
  const labels = { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
  return {
    ok: true,
    reference: { domain, path, ...(tag === undefined && digest === undefined ? { tag: 'latest' } : labels) },
  };
}
