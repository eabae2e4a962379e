import type { InputProblem } from './invalidInput.js';

const MOST_BYTES = 256 * 1024;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a raw input is not worth a look at its fields, if so. */
export function sizeProblem(raw: unknown): InputProblem | undefined {
  if (!isObject(raw)) {
    const kind =
      raw === null || raw === undefined ? 'is missing' : Array.isArray(raw) ? 'is a list' : `is a ${typeof raw}`;
    return { path: '', message: `the input ${kind}; give one JSON object, e.g. {"system": "…", …}` };
  }
  let bytes: number;
  try {
    bytes = Buffer.byteLength(JSON.stringify(raw));
  } catch {
    return { path: '', message: 'the input is nested too deeply or refers to itself; give one plain JSON object' };
  }
  if (bytes <= MOST_BYTES) return undefined;
  return { path: '', message: `the input has ${bytes} bytes as JSON; at most ${MOST_BYTES} are allowed` };
}
