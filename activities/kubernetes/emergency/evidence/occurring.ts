const BITS = 18;
/** Characters by which a value is looked for; every value has at least these. */
const GRAM = 4;
/** Beginning of a value in which its rarest gram is looked for. */
const LOOKED_AT = 200;
const { imul } = Math;

/**
 * Finds which of many values occur in a text in one pass over it (Rabin–Karp, https://doi.org/10.1147/rd.312.0249): thousands of
 * values in hundreds of logs would take minutes one by one. A value is found by that part of it which the fewest other values have, as most
 * begin alike (`https://`). Keeps the values' order. Pure.
 */
export function occurring(values: string[]): (text: string) => string[] {
  const shared = new Uint32Array(1 << BITS);
  for (const value of values) for (const gram of gramsOf(value)) shared[gram] = (shared[gram] ?? 0) + 1;
  const byGram = new Map<number, { index: number; offset: number }[]>();
  const has = new Uint8Array(1 << BITS);
  for (const [index, value] of values.entries()) {
    const grams = gramsOf(value);
    const counts = grams.map((gram) => shared[gram] ?? 0);
    const offset = counts.indexOf(Math.min(...counts));
    const gram = grams[offset] ?? 0;
    has[gram] = 1;
    const same = byGram.get(gram);
    if (same) same.push({ index, offset });
    else byGram.set(gram, [{ index, offset }]);
  }
  return (text) => {
    const found = new Set<number>();
    for (let at = 0; at + GRAM <= text.length; at++) {
      const gram = gramAt(text, at);
      if (has[gram] === 0) continue;
      for (const { index, offset } of byGram.get(gram) ?? []) {
        if (at >= offset && !found.has(index) && text.startsWith(values[index] ?? '', at - offset)) found.add(index);
      }
    }
    return [...found].toSorted((a, b) => a - b).flatMap((index) => values[index] ?? []);
  };
}

function gramsOf(value: string): number[] {
  const count = Math.max(1, Math.min(value.length, LOOKED_AT) - GRAM + 1);
  return Array.from({ length: count }, (_, at) => gramAt(value, at));
}

function gramAt(text: string, at: number): number {
  let hash = 0;
  for (let next = at; next < at + GRAM; next++) hash = imul(hash, 0x01000193) ^ text.charCodeAt(next);
  return (hash ^ (hash >>> 15)) & ((1 << BITS) - 1);
}
