import { crossCheck } from './crossCheck.js';
import { explainIssues } from './issues.js';
import { literalSecrets } from './literalSecrets.js';
import { mergePatch } from './mergePatch.js';
import { type Finding, type Path, pathText, type Problem } from './problem.js';
import { type System, systemSchema } from './schema.js';
import type { Source } from './source.js';

/** A description as it was understood; `system` only when nothing is wrong with it. */
export interface Examined {
  merged: unknown;
  system?: System;
  problems: Problem[];
}

/** Checks of somebody who knows more than a description can: the catalogue, the coming years. Gets the description after the overlay. */
export type FurtherCheck = (merged: unknown) => Finding[];

/** Applies the overlay and finds everything that is wrong, each at its place in the file that says it. */
export function examine(
  base: Source,
  overlay: Source | undefined,
  expectedName: string | undefined,
  further: FurtherCheck = () => [],
): Examined {
  const merged = overlay === undefined ? base.value : mergePatch(base.value, overlay.value);
  const parsed = systemSchema.safeParse(merged);
  const secrets = literalSecrets(merged);
  const leaky = new Set(secrets.map(({ path }) => pathText(path)));
  const others = [
    ...(parsed.success ? [] : explainIssues(systemSchema, merged, parsed.error.issues)),
    ...crossCheck(merged, expectedName),
    ...further(merged),
  ];
  // Other messages may quote the value that they are about; where it is a secret, only the message without it is given.
  const findings = [...secrets, ...others.filter(({ path }) => !leaky.has(pathText(path)))];
  const problems = locate(findings, base, overlay);
  return parsed.success && problems.length === 0 ? { merged, system: parsed.data, problems } : { merged, problems };
}

function locate(findings: Finding[], base: Source, overlay: Source | undefined): Problem[] {
  const source = (path: Path) => (overlay !== undefined && path.length > 0 && overlay.has(path) ? overlay : base);
  return findings
    .map(({ path, message }) => source(path).problem(path, message))
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}
