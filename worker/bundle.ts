import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { buildBundle, bundlePaths, bundleProblems } from './workflowBundle.js';

/** Build step: `node dist/worker/bundle.js` writes dist/workflow-bundle.js and its stamp; exit code 1 when it must not ship. */
Runtime.install({ logger: new DefaultLogger('WARN') });
const { code, stamp } = await buildBundle(new DefaultLogger('WARN'));
const problems = bundleProblems(code);
if (problems.length > 0) {
  process.stderr.write(`The workflow bundle must not ship: ${problems.join('; ')}.\n`);
  process.exitCode = 1;
} else {
  const paths = bundlePaths();
  mkdirSync(dirname(paths.code), { recursive: true });
  writeFileSync(paths.code, code);
  writeFileSync(paths.stamp, `${JSON.stringify(stamp)}\n`);
  process.stdout.write(`Workflow bundle: ${Math.round(stamp.bytes / 1024)} KB\n`);
}
