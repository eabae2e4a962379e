import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small valid description with one of everything; tests change one thing in it. */
export const SAMPLE = `name: shop
title: Shop
kubernetes:
  namespace: shop
tiers: [data, edge]
workloads:
  - name: database
    kind: StatefulSet
    tier: data
  - name: web
    tier: edge
    health:
      - name: web health
        endpoint: web
        path: /health
        headers:
          Accept: application/json
    gates:
      - name: errors
        query: sum(rate(http_requests_total{pod=~"{{newPods}}"}[{{window}}]))
        max: 0.05
endpoints:
  web: http://web.shop.svc:8080
prometheus:
  url: http://prometheus:9090
blackouts:
  - name: night
    days: [friday]
    from: '22:00'
    to: '06:00'
    timeZone: Europe/Berlin
  - name: freeze
    start: '2026-12-20T00:00:00Z'
    end: '2027-01-02T00:00:00Z'
channels:
  ops:
    type: slack
    channel: '#ops'
    token: env:SLACK_BOT_TOKEN
notify:
  failure: [ops]
`;

/** A fresh folder with these files in it. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'belay-systems-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
