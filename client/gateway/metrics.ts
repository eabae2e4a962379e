import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayMetrics } from './types.js';

/** Metrics of one gateway; every name begins with `belay_gateway_`. */
export function createMetrics(): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'belay_gateway_requests_total',
      help: 'Requests, by method, route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'belay_gateway_request_seconds',
      help: 'From the first byte of a request to the end of its answer',
      labelNames: ['route'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    refused: new Counter({
      name: 'belay_gateway_refused_total',
      help: 'What was turned away. tooLarge and tooMany deserve an alarm: the sender does not send it again',
      labelNames: ['kind', 'source', 'reason'],
      registers,
    }),
    events: new Counter({
      name: 'belay_gateway_events_total',
      help: 'Incidents that were told something, by what became of it; dropped are resolves without an open incident',
      labelNames: ['kind', 'source', 'outcome'],
      registers,
    }),
    withoutSecret: new Gauge({
      name: 'belay_gateway_sources_without_secret',
      help: 'Sources that nobody can use, because none of their secrets could be resolved',
      registers,
    }),
  };
}
