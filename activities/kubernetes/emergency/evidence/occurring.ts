const BITS = 18;
/** Characters by which a value is looked for; every value has at least these. */
const GRAM = 4;

/**
 * Finds which of many values occur in a text in one pass over it (Rabin–Karp, https://doi.org/10.1147/rd.312.0249): thousands of
 * values in hundreds of logs would take minutes one by one. Keeps the values' order. Pure.
 */
export function occurring(values: string[]): (text: string) => string[] {
  const begins = new Uint8Array(1 << BITS);
  const byGram = new Map<number, number[]>();
  for (const [index, value] of values.entries()) {
    const gram = gramAt(value, 0);
    begins[gram] = 1;
    const same = byGram.get(gram);
    if (same) same.push(index);
    else byGram.set(gram, [index]);
  }
  return (text) => {
    const found = new Set<number>();
    for (let at = 0; at + GRAM <= text.length; at++) {
      const gram = gramAt(text, at);
      if (begins[gram] === 0) continue;
      for (const index of byGram.get(gram) ?? []) {
        if (!found.has(index) && text.startsWith(values[index] ?? '', at)) found.add(index);
      }
    }
    return [...found].toSorted((a, b) => a - b).flatMap((index) => values[index] ?? []);
  };
}

function gramAt(text: string, at: number): number {
  let hash = 0;
  for (let next = at; next < at + GRAM; next++) hash = Math.imul(hash, 0x01000193) ^ text.charCodeAt(next);
  return (hash ^ (hash >>> 15)) & ((1 << BITS) - 1);
}
