import { readFileSync, statSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { type Path, pathText, type Problem } from './problem.js';

const MAX_BYTES = 1_000_000;
const MAX_ALIASES = 100;
const MAX_EXPANDED = 5_000_000;
const MAX_DEPTH = 32;

/** A YAML file that could be read: its value as plain JSON data, and where each value stands. */
export interface Source {
  file: string;
  value: unknown;
  /** Whether the file itself says something at exactly this path. */
  has(path: Path): boolean;
  /** The place of a value, or of its nearest parent when the file does not hold it. */
  problem(path: Path, message: string): Problem;
}

/**
 * Reads a YAML 1.2 file without trusting it: at most 1 MB, no duplicate keys, no unknown tags, few aliases
 * (a few lines of nested aliases can otherwise grow to gigabytes). Either a source, or everything that stops it from being one.
 */
export function readSource(file: string): { source: Source } | { problems: Problem[] } {
  let text: string;
  try {
    const status = statSync(file);
    if (!status.isFile()) return refuse(file, 'is not a file; name a .yaml file');
    if (status.size > MAX_BYTES)
      return refuse(file, `holds ${status.size} bytes; a description may have ${MAX_BYTES}. Is this the right file?`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(
      file,
      `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); is the name right?`,
    );
  }
  return parseSource(file, text);
}

/** The same for text that is already at hand; `file` only names it in problems. */
export function parseSource(file: string, text: string): { source: Source } | { problems: Problem[] } {
  if (Buffer.byteLength(text) > MAX_BYTES) return refuse(file, `is longer than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: true,
      stringKeys: true,
      prettyErrors: false,
      // Not 'silent': that would also silence a second document.
      logLevel: 'error',
      lineCounter: lines,
    });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      return {
        problems: faults.slice(0, 50).map((fault) => {
          const { line, col } = lines.linePos(fault.pos[0]);
          return {
            file,
            line: Math.max(1, line),
            column: Math.max(1, col),
            path: '',
            message: `YAML: ${fault.message}`,
          };
        }),
      };
    }
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    // Also refuses what refers to itself, so that nobody after this has to think of it.
    if (JSON.stringify(value).length > MAX_EXPANDED)
      return refuse(file, 'grows too large when its aliases are expanded');
    if (isDeeperThan(value, MAX_DEPTH)) return refuse(file, `is nested more than ${MAX_DEPTH} levels deep`);
    return { source: { file, value, ...places(file, document, lines) } };
  } catch (error) {
    if (error instanceof TypeError) return refuse(file, 'holds an alias to something that it is part of');
    if (error instanceof RangeError) return refuse(file, 'is nested too deeply for a description');
    return refuse(file, `cannot be expanded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function places(file: string, document: Document, lines: LineCounter): Pick<Source, 'has' | 'problem'> {
  return {
    has: (path) => document.hasIn(path),
    problem(path, message) {
      let offset = 0;
      for (let length = path.length; length >= 0; length -= 1) {
        const start = startOf(document, path.slice(0, length));
        if (start === undefined) continue;
        offset = start;
        break;
      }
      const { line, col } = lines.linePos(offset);
      return { file, line: Math.max(1, line), column: Math.max(1, col), path: pathText(path), message };
    },
  };
}

/** Where the key stands for a map's value (that is where a reader looks), else where the value begins. */
function startOf(document: Document, path: Path): number | undefined {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const parent: unknown = path.length > 0 ? document.getIn(path.slice(0, -1), true) : undefined;
  const key = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
  }
  return isNode(node) && node.range ? node.range[0] : undefined;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function refuse(file: string, message: string): { problems: Problem[] } {
  return { problems: [{ file, line: 1, column: 1, path: '', message }] };
}
