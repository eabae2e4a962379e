import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../worker/root.js';
import { runbookPages } from './runbookPages.js';

/** `node dist/client/docs.js` writes the runbook reference anew; pages of runbooks that are gone are removed. */
const dir = join(packageRoot(), 'docs', 'runbooks');
const pages = runbookPages();
mkdirSync(dir, { recursive: true });
for (const file of readdirSync(dir)) if (!(file in pages)) rmSync(join(dir, file));
for (const [file, text] of Object.entries(pages)) writeFileSync(join(dir, file), text);
process.stdout.write(`Wrote ${Object.keys(pages).length} pages to docs/runbooks\n`);
