import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeJson } from '../kit/json.js';
import type { HostConfig, HostReady } from './types.js';

/** Serves the parts that the configuration file (its only argument) names, until SIGTERM. */
async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: main.js <configuration file>');
  const config = JSON.parse(await readFile(file, 'utf8')) as HostConfig;
  process.once('SIGTERM', () => process.exit(0));
  process.once('SIGINT', () => process.exit(0));
  await writeJson(config.readyFile, await serve(config));
}

async function serve(config: HostConfig): Promise<HostReady> {
  const { kubeconfig, kubelet, metrics, services, registry, slack, statuspage, pagerduty, mail } = config;
  const ready: HostReady = {};
  const cluster = kubeconfig === undefined ? undefined : (await import('../kubernetes/client.js')).connect(kubeconfig);
  if (cluster && kubelet) await (await import('./kubelet.js')).serveKubelet(cluster, kubelet);
  if (cluster && metrics) await (await import('../metrics/index.js')).serveMetricsApi(cluster, metrics);
  if (registry) ready.registry = await (await import('../registry/index.js')).serveRegistry(registry.port, cluster);
  if (cluster && services)
    ready.services = await (await import('../services/index.js')).serveServices(cluster, services.port);
  if (slack) {
    const { createSlackDouble } = await import('../slack/index.js');
    const token = `xoxb-${randomBytes(24).toString('base64url')}`;
    const signingSecret = randomBytes(16).toString('hex');
    ready.slack = { url: await createSlackDouble({ token, signingSecret }).listen(slack.port), token, signingSecret };
  }
  if (statuspage) {
    const { createStatuspageDouble } = await import('../statuspage/index.js');
    const place = { token: randomBytes(32).toString('hex'), pageId: 'belaysandbox', components: ['app', 'api'] };
    ready.statuspage = { url: await createStatuspageDouble(place).listen(statuspage.port), ...place };
  }
  if (pagerduty) ready.pagerduty = await (await import('../pagerduty/serve.js')).servePagerduty(pagerduty.port);
  if (mail) ready.mail = await (await import('../mail/serve.js')).serveMail(mail);
  return ready;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exit(1);
}
