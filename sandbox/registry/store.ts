import { behaviourOf, parseImage, type ImageReference } from '../kubernetes/image.js';
import { imageOf, type Content } from './images.js';

/** Which images the registry holds: all, except those whose tag says that they are gone and those deleted at run time. */
export class ImageStore {
  readonly #deleted = new Set<string>();
  /** Content by repository and digest, of every tag that this process has heard of. */
  readonly #known = new Map<string, Map<string, { content: Content; tag: string }>>();
  readonly #tags = new Map<string, Set<string>>();

  /** The index that a tag names; `undefined` when the registry does not hold it. */
  tagged(path: string, tag: string): Content | undefined {
    this.learn({ path, tag });
    return this.#has(path, tag) ? imageOf({ path, tag }).index : undefined;
  }

  /** Content of a repository by its digest, provided that an image of a tag heard of has it and is still held. */
  byDigest(path: string, digest: string): Content | undefined {
    const entry = this.#known.get(path)?.get(digest);
    return entry && this.#has(path, entry.tag) ? entry.content : undefined;
  }

  /** Tags of a repository that were heard of and are held, sorted. */
  tags(path: string): string[] {
    return [...(this.#tags.get(path) ?? [])].filter((tag) => this.#has(path, tag)).toSorted();
  }

  /** Remembers a name, so that its digests can be answered. A digest alone cannot be traced back to its name. */
  learn({ path, tag }: ImageReference): void {
    const tags = this.#tags.get(path) ?? new Set();
    if (tags.has(tag)) return;
    this.#tags.set(path, tags.add(tag));
    const contents = this.#known.get(path) ?? new Map<string, { content: Content; tag: string }>();
    this.#known.set(path, contents);
    const { index, manifests, configs } = imageOf({ path, tag });
    for (const content of [index, ...manifests, ...configs]) contents.set(content.digest, { content, tag });
  }

  /** Takes an image out of the registry, e.g. `canvas/app:1.2`. */
  delete(image: string): void {
    this.#deleted.add(key(image));
  }

  undelete(image: string): void {
    this.#deleted.delete(key(image));
  }

  #has(path: string, tag: string): boolean {
    const { kind, n } = behaviourOf(`${path}:${tag}`);
    return kind !== 'gone' && !(kind === 'missing' && n === 404) && !this.#deleted.has(key(`${path}:${tag}`));
  }
}

function key(image: string): string {
  const { path, tag } = parseImage(image);
  return `${path}:${tag}`;
}
