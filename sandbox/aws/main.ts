import { readFile } from 'node:fs/promises';
import type { AwsConfig } from './index.js';
import { createAwsDouble } from './proxy.js';

/** Serves the double of AWS that the configuration file (its only argument) describes, until SIGTERM. */
async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: main.js <configuration file>');
  const { port, moto, ...credentials } = JSON.parse(await readFile(file, 'utf8')) as AwsConfig;
  process.once('SIGTERM', () => process.exit(0));
  process.once('SIGINT', () => process.exit(0));
  await createAwsDouble({ moto, credentials }).listen(port);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exit(1);
}
