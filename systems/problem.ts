import { z } from 'zod';

/** Keys and indexes from the root of a description or an input to one value. */
export type Path = readonly (string | number)[];

/** What is wrong with one value, and what would be right. Never holds the value of a secret. */
export interface Finding {
  path: Path;
  message: string;
}

/** A finding at its place in a file. `line` and `column` count from 1; `path` reads `workloads[2].tier`. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
}

/** `workloads[2].tier`; empty for the root. */
export function pathText(path: Path): string {
  return z.core.toDotPath(path);
}

/** `workloads[2].tier` as keys and indexes. */
export function pathOf(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) => (index === undefined ? key : Number(index)));
}

/** `file:line:column path: message`, as editors and terminals make it clickable. */
export function problemText(problem: Problem): string {
  const at = `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === '' ? `${at} ${problem.message}` : `${at} ${problem.path}: ${problem.message}`;
}
