import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ALL_SCOPES } from '../../../sandbox/slack/methods.js';

interface Manifest {
  features: { slash_commands: { command: string; url: string; description: string; usage_hint: string }[] };
  oauth_config: { scopes: { bot: string[] } };
  settings: { interactivity: { request_url: string } };
}

test('the app manifest asks for the scopes that Belay uses, and documents each', async () => {
  const [manifest, page] = await Promise.all([
    readFile('docs/slack-app-manifest.yaml', 'utf8').then((text) => parse(text) as Manifest),
    readFile('docs/slack.md', 'utf8'),
  ]);
  expect(manifest.oauth_config.scopes.bot).toEqual(ALL_SCOPES);
  for (const scope of ALL_SCOPES) expect(page).toContain(`\`${scope}\``);
  expect(manifest.settings.interactivity.request_url).toMatch(/^https:\/\/[^/]+\/slack\/interactions$/);
  const [command, ...others] = manifest.features.slash_commands;
  expect(others).toEqual([]);
  expect(command?.command).toBe('/belay');
  expect(command?.url).toMatch(/^https:\/\/[^/]+\/slack\/commands$/);
  // Slack's limits.
  expect(command?.description.length).toBeLessThanOrEqual(2_000);
  expect(command?.usage_hint.length).toBeLessThanOrEqual(1_000);
});
