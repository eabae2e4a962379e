import { templateRedactor } from '../redact.js';

/** Parts of objects in which people put passwords: env, values of Helm releases, parameters and substitutions of GitOps. */
const PRIVATE = new Set(['env', 'values', 'valuesObject', 'parameters', 'substitute']);

/**
 * Removes from a text, such as a server's refusal, what an object of any kind holds in env and in values of Helm and GitOps. `names` stay
 * readable. Pure but for the registry of secrets.
 */
export function hideValues(object: unknown, names: string[]): (text: string) => string {
  const env = [...privateTexts(object, false)].map((value) => ({ name: '', value }));
  return templateRedactor([{ spec: { containers: [{ name: '', env }] } }], names);
}

function* privateTexts(value: unknown, inside: boolean): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') {
    if (inside) yield String(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key !== 'managedFields' && !(inside && key === 'name')) yield* privateTexts(part, inside || PRIVATE.has(key));
  }
}
