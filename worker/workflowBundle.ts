import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { BundleOptions, Logger as SdkLogger } from '@temporalio/worker';
import { packageRoot } from './root.js';

/** The bundle is parsed at every start and its size shows in every cached workflow. */
export const bundleLimitBytes = 600 * 1024;

/** By what and from what a bundle was built: one of another SDK version, or of other sources, is not used. */
export interface BundleStamp {
  sdk: string;
  sources: string;
  bytes: number;
}

/** `workflows` beside this file's folder: compiled next to `dist/worker`, TypeScript next to `worker`. */
const workflowsDir = (): string => join(dirname(fileURLToPath(import.meta.url)), '..', 'workflows');

/** Where `npm run build` leaves the bundle and its stamp. */
export function bundlePaths(): { code: string; stamp: string } {
  const dist = join(packageRoot(), 'dist');
  return { code: join(dist, 'workflow-bundle.js'), stamp: join(dist, 'workflow-bundle.json') };
}

/** Version of the Temporal SDK that this process runs; a bundle must be made by exactly that one. */
export function sdkVersion(): string {
  const require = createRequire(import.meta.url);
  const { version } = require('@temporalio/worker/package.json') as { version: string };
  return version;
}

/** sha256 over names and contents of every workflow file. */
export function hashSources(dir: string = workflowsDir()): string {
  const hash = createHash('sha256');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[jt]s$/.test(file));
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(readFileSync(join(dir, file)));
  return hash.digest('hex');
}

/**
 * The worker insists on an inline source map. The real one is larger than the code and would be parsed at every start; with an empty
 * one, stack traces name functions but not lines.
 */
const emptySourceMap = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from('{"version":3,"sources":[],"names":[],"mappings":""}').toString('base64')}`;

/** Without comments, blank space and long names of local variables, which are half of it. Functions and classes keep theirs, for stack traces. */
async function squeeze(code: string): Promise<string> {
  const { transform } = await import('@swc/core');
  const squeezed = await transform(code, {
    swcrc: false,
    configFile: false,
    isModule: false,
    minify: true,
    sourceMaps: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'ecmascript' },
      minify: {
        compress: false,
        mangle: { keep_fnames: true, keep_classnames: true },
        format: { comments: false },
      },
    },
  });
  return squeezed.code;
}

interface TypescriptRule {
  use: { options: { jsc: { target: string } } };
}

const isTypescriptRule = (rule: unknown): rule is TypescriptRule =>
  typeof rule === 'object' &&
  rule !== null &&
  typeof (rule as Partial<TypescriptRule>).use?.options?.jsc?.target === 'string';

/** Sources are translated for the Node that runs them, as the build does; the SDK's older target would pad them by a fifth. */
const forThisNode: NonNullable<BundleOptions['webpackConfigHook']> = (config) => {
  for (const rule of config.module?.rules ?? []) if (isTypescriptRule(rule)) rule.use.options.jsc.target = 'es2022';
  return { ...config, devtool: false };
};

/** Bundles the workflows without source map. Takes about a second. */
export async function buildBundle(logger?: SdkLogger): Promise<{ code: string; stamp: BundleStamp }> {
  const entry = ['index.js', 'index.ts'].map((file) => join(workflowsDir(), file)).find((file) => existsSync(file));
  if (entry === undefined) throw new Error(`No workflows in ${workflowsDir()}: the installation is incomplete`);
  const bundle = await bundleWorkflowCode({
    workflowsPath: entry,
    ...(logger ? { logger } : {}),
    webpackConfigHook: forThisNode,
  });
  const code = (await squeeze(bundle.code)) + emptySourceMap;
  return { code, stamp: { sdk: sdkVersion(), sources: hashSources(), bytes: Buffer.byteLength(code) } };
}

/** Why a bundle must not be shipped: too big, or code in it that has no place in workflows. Empty when it is fine. */
export function bundleProblems(code: string): string[] {
  const problems: string[] = [];
  const bytes = Buffer.byteLength(code);
  if (bytes > bundleLimitBytes) problems.push(`it has ${bytes} bytes; the limit is ${bundleLimitBytes}`);
  if (/node_modules\/zod\//.test(code)) problems.push('zod is in it: import schemas as types only');
  if (/"\.\/(dist\/)?(activities|worker|client|sandbox)\//.test(code)) {
    problems.push('code of activities, worker, client or sandbox is in it: import it as types only');
  }
  return problems;
}

/** The prebuilt bundle, or `undefined` with the reason why it is not used. */
export function findPrebuiltBundle(): { codePath: string } | { unusable: string } {
  const { code, stamp } = bundlePaths();
  if (!existsSync(code) || !existsSync(stamp)) return { unusable: 'there is no prebuilt workflow bundle' };
  const { sdk, sources } = JSON.parse(readFileSync(stamp, 'utf8')) as BundleStamp;
  if (sdk !== sdkVersion()) return { unusable: `the prebuilt bundle is of SDK ${sdk}, this is ${sdkVersion()}` };
  if (sources !== hashSources()) return { unusable: 'the prebuilt bundle is of other workflow sources' };
  return { codePath: code };
}
