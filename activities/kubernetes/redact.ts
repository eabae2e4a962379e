import type { PodTemplate } from './model/objects.js';
import { redact } from '../secrets/redact.js';

const MIN_LENGTH = 4;
export const MASK = '[redacted]';

/** Values so common that hiding them would only make messages unreadable; none of them can be a secret. */
const PLAIN_WORDS = new Set(
  'true false null none http https localhost info debug warn warning error trace production staging development test default disabled enabled'.split(
    ' ',
  ),
);

/**
 * Removes from a text the plain env values of pod templates (from {@link MIN_LENGTH} characters on) and every secret that the worker
 * knows. `names` are words that stay readable though an env value repeats them, e.g. the workload's name.
 */
export function templateRedactor(templates: PodTemplate[], names: string[] = []): (text: string) => string {
  const hidden = hiddenForms(templates, names);
  return (text) => redact(hidden.reduce((masked, value) => masked.replaceAll(value, MASK), text));
}

/** What {@link templateRedactor} removes: every form of the env values, longest first. */
export function hiddenForms(templates: PodTemplate[], names: string[] = []): string[] {
  const keep = new Set([...names, ...PLAIN_WORDS]);
  const values = new Set<string>();
  for (const { spec } of templates) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
      keep.add(container.name);
      for (const { value } of container.env ?? []) {
        for (const form of value === undefined ? [] : formsOf(value)) values.add(form);
      }
    }
  }
  return [...values]
    .filter((value) => value.length >= MIN_LENGTH && !keep.has(value.toLowerCase()) && !keep.has(value))
    .toSorted((a, b) => b.length - a.length);
}

/** Raw, trimmed, and as it looks inside JSON or Go's quotes; a value of several lines also line by line, as logs print it. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [value, value.trim(), ...lines].flatMap((raw) => [raw, JSON.stringify(raw).slice(1, -1)]);
}
