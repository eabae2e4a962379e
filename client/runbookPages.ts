import { catalogue } from '../workflows/catalogue.js';
import { exitCodeOf } from './cli/exitCodes.js';
import { describeRunbook } from './describe.js';
import { indexPage, runbookPage } from './runbookPage.js';

/** Every page of the runbook reference by file name, as it must stand in `docs/runbooks/`. */
export function runbookPages(): Record<string, string> {
  const descriptions = Object.values(catalogue).map((entry) => describeRunbook(entry, exitCodeOf));
  const pages = Object.fromEntries(descriptions.map((d) => [`${d.id}.md`, runbookPage(d)]));
  return { ...pages, 'index.md': indexPage(descriptions) };
}
