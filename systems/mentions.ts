import { isObject } from './part.js';
import { type Finding, type Path, pathText } from './problem.js';
import { suggest } from './suggest.js';

/** A name in a description, and where it stands. */
export interface Mention {
  path: Path;
  name: unknown;
}

/**
 * Mentions of what `known` does not hold; a single finding when the whole section is missing. `section` is where things of that kind
 * are described; the plural of the noun when left out. Pure.
 */
export function unknownNames(
  mentions: Mention[],
  known: string[] | undefined,
  noun: string,
  section: Path = [`${noun}s`],
): Finding[] {
  const first = mentions.find(({ name }) => typeof name === 'string');
  if (known === undefined) {
    return first === undefined ? [] : [{ path: section, message: `is missing; ${pathText(first.path)} refers to it` }];
  }
  return mentions.flatMap(({ path, name }) => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    const advice = suggest(name, known, `known ${section.at(-1)}`);
    const cure = `${advice.endsWith('?') ? '' : '.'} Or add it to \`${pathText(section)}\``;
    return [{ path, message: `there is no ${noun} "${name.slice(0, 80)}"; ${advice}${cure}` }];
  });
}

/** Names that stand for two things. Pure. */
export function repeated(entries: Mention[]): Finding[] {
  const seen = new Set<unknown>();
  return entries.flatMap(({ path, name }) => {
    if (typeof name !== 'string') return [];
    if (seen.has(name))
      return [{ path, message: `"${name.slice(0, 80)}" is named twice; each needs a name of its own` }];
    seen.add(name);
    return [];
  });
}

/** One mention for each entry of a list of names, at its place; none when it is no list. */
export function mentionsIn(value: unknown, path: Path): Mention[] {
  return (Array.isArray(value) ? value : []).map((name: unknown, index) => ({ path: [...path, index], name }));
}

/** The names of a section that maps names to things; undefined when there is no such section. */
export function keysOf(value: unknown): string[] | undefined {
  return isObject(value) ? Object.keys(value) : undefined;
}
