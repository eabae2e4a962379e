import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { TemporalAway } from '../../client/incidents/port.js';
import type { SourceAlert } from '../../client/incidents/port.js';
import { defaultConfiguration, startAlertmanager } from '../../sandbox/alertmanager/index.js';
import { stopPid } from '../../sandbox/kit/process.js';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { serving, tokens } from './place.js';

const PATIENCE_MS = 60_000;

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test(
  'a real Alertmanager: proves itself, comes again after 503, tells firing and resolved',
  async () => {
    await serving(async ({ url, told, log }) => {
      const dir = mkdtempSync(join(tmpdir(), 'belay-gateway-'));
      const credentialsFile = join(dir, 'token');
      writeFileSync(credentialsFile, `${tokens.am}\n`, { mode: 0o600 });
      const { alertmanager, pids } = await startAlertmanager({
        dir,
        config: defaultConfiguration({ url: `${url}/alertmanager/am`, credentialsFile }),
        progress: (line) => process.stderr.write(`${line}\n`),
      });
      try {
        const post = async (times: object) => {
          const alerts = [
            {
              labels: { alertname: 'DiskFull', host: 'db-1' },
              annotations: { summary: 'Disk of db-1 is full', runbook_url: 'https://wiki.example.org/disk' },
              generatorURL: 'http://prometheus.example.org/graph',
              ...times,
            },
          ];
          const response = await fetch(`${alertmanager.url}/api/v2/alerts`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(alerts),
          });
          expect(response.status).toBe(200);
        };
        const said = (status: string): SourceAlert | undefined =>
          told.deliveries.flatMap(({ alerts }) => alerts).find((alert) => alert.status === status);
        const startsAt = new Date().toISOString();

        told.failure = new TemporalAway('Temporal has not taken it; send it again.');
        await post({ startsAt });
        await until('a first try', () => told.deliveries.length > 0);
        const refused = told.deliveries.length;
        told.failure = undefined;
        await until('another try', () => told.deliveries.length > refused);
        expect(said('firing')).toMatchObject({
          name: 'DiskFull',
          startsAt: Date.parse(startsAt),
          labels: { alertname: 'DiskFull', host: 'db-1' },
          summary: 'Disk of db-1 is full',
        });
        expect(said('firing')?.fingerprint).toMatch(/^am\/[0-9a-f]{16}$/);
        expect(said('firing')?.links?.map(({ title }) => title)).toEqual(['Runbook', 'Source', 'Alertmanager']);

        await post({ startsAt, endsAt: new Date().toISOString() });
        await until('resolved', () => said('resolved') !== undefined);
        const [fired, resolved] = [said('firing'), said('resolved')];
        expect([resolved?.fingerprint, resolved?.startsAt]).toEqual([fired?.fingerprint, fired?.startsAt]);
        expect(resolved?.endsAt).toBeGreaterThanOrEqual(resolved?.startsAt ?? Number.POSITIVE_INFINITY);
        expect(log.join('')).not.toContain(tokens.am);
      } finally {
        for (const pid of Object.values(pids)) await stopPid(pid, 5_000);
      }
    });
  },
  SANDBOX_MS,
);
