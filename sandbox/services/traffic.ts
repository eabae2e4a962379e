import type { Endpoints } from './endpoints.js';

const TICK_MS = 50;
/** At most this many requests are made up for after the process was held up. */
const MAX_BURST = 50;

/** Sends every service that asks for it its requests per second, evenly, until the process ends. */
export function generateTraffic(
  endpoints: Pick<Endpoints, 'traffic'>,
  ask: (namespace: string, service: string) => Promise<unknown>,
): void {
  const owed = new Map<string, number>();
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    for (const { namespace, service, rps } of endpoints.traffic()) {
      const key = `${namespace}/${service}`;
      let due = Math.min((owed.get(key) ?? 0) + rps * seconds, MAX_BURST);
      for (; due >= 1; due--) {
        ask(namespace, service).catch((error: unknown) => console.error(`request to ${key} failed`, error));
      }
      owed.set(key, due);
    }
  }, TICK_MS);
}
