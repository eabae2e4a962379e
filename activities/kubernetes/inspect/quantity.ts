const BINARY = 1_024;
const SCALE: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: BINARY,
  Mi: BINARY ** 2,
  Gi: BINARY ** 3,
  Ti: BINARY ** 4,
  Pi: BINARY ** 5,
  Ei: BINARY ** 6,
};

/**
 * A Kubernetes quantity (`250m`, `1.5Gi`, `2e3`) in its base unit; undefined when it is none. Not client-node's own: that one throws on
 * `1.5Gi`.
 */
export function quantity(text: string | number | undefined): number | undefined {
  const parts = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text ?? ''));
  const scale = SCALE[parts?.[2] ?? ''];
  const value = Number(parts?.[1]);
  return scale === undefined || Number.isNaN(value) ? undefined : value * scale;
}
