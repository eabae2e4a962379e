// The one entry of `npm run build`, `npm test` and `npm run demo` on a fresh clone. Plain Node without dependencies,
// because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 19];

class Refusal extends Error {}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Refusal(
    `Node ${oldestNode.join('.')} or newer is needed; this is ${process.versions.node} (https://nodejs.org).`,
  );
}

/** Go builds the sandbox's servers at the first start; once they are in the cache it is not needed. */
function checkGo() {
  const cache = process.env.BELAY_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'belay');
  if (existsSync(cache) || spawnSync('go', ['version']).status === 0) return;
  throw new Refusal(
    'Go 1.24 or newer is needed to build the local servers of the demo and the tests (https://go.dev/dl/).',
  );
}

/** Whether every package of the lock file is installed in its locked version, by npm's own record in node_modules. */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(
    // Optional packages for other platforms are locked, but not installed.
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

async function install() {
  if (isInstalled()) return;
  console.error('Installing npm packages…');
  if ((await run('npm', ['ci', '--no-audit', '--no-fund'])) !== 0) throw new Refusal('npm ci failed, see above.');
}

/** Hash over everything that the build reads. */
function sourcesHash() {
  const hash = createHash('sha256');
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const add = (path) =>
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  for (const path of ['package-lock.json', 'tsconfig.json', 'sandbox/bootstrap.mjs']) add(path);
  const walk = (folder) => {
    if (!existsSync(join(root, folder))) return;
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (['.ts', '.json', '.yaml'].includes(extname(entry.name))) add(path);
    }
  };
  include.forEach(walk);
  return hash.digest('hex');
}

/**
 * Compiles into `dist/` and prebuilds the workflow bundle; does nothing when the sources are as at the last build.
 * `lenient`: type errors are printed, but the emitted code is used (for running single tests in the middle of a change).
 */
async function build(lenient) {
  // First line: the hash; "lenient" on the second one when there were type errors, which no strict build lets pass.
  const stamp = join(root, 'dist', '.sources-hash');
  const upToDate = (hash) => {
    const [built, errors] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split('\n') : [];
    return built === hash && (lenient || !errors);
  };
  if (upToDate(sourcesHash())) return;
  await withBuildLock(async () => {
    const hash = sourcesHash();
    if (upToDate(hash)) return;
    console.error('Building…');
    // Into a fresh folder: no output of deleted sources stays, and a failed build leaves the old one usable.
    const draft = join(root, `.dist-${process.pid}`);
    rmSync(draft, { recursive: true, force: true });
    try {
      const status = await run(bin('tsc'), ['--outDir', draft]);
      if (status !== 0 && !lenient) throw new Refusal('The sources have type errors, see above.');
      cpSync(join(root, 'systems'), join(draft, 'systems'), {
        recursive: true,
        filter: (source) => !source.endsWith('.ts'),
      });
      rmSync(stamp, { force: true });
      replaceFiles(draft, join(root, 'dist'));
      const bundle = join(root, 'dist', 'worker', 'bundle.js');
      if (existsSync(bundle) && (await run(process.execPath, [bundle])) !== 0) {
        throw new Refusal('The workflow bundle could not be built, see above.');
      }
      writeFileSync(stamp, status === 0 ? hash : `${hash}\nlenient`);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  });
}

/**
 * Makes `target` like `source`, file by file, each in one step: a worker or a sandbox that runs from it never finds a module
 * missing. The workflow bundle stays until it is written anew; its own stamp says whether it may be used.
 */
function replaceFiles(source, target) {
  mkdirSync(target, { recursive: true });
  const names = readdirSync(source, { withFileTypes: true });
  for (const entry of names) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) replaceFiles(from, to);
    else if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) renameSync(from, to);
  }
  const kept = new Set([...names.map((entry) => entry.name), 'workflow-bundle.js', 'workflow-bundle.json']);
  for (const name of readdirSync(target)) {
    if (!kept.has(name)) rmSync(join(target, name), { recursive: true });
  }
}

/** One build at a time in this checkout; the lock of a build that was killed is taken over. */
async function withBuildLock(work) {
  const lock = join(root, 'node_modules', '.belay-build.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = Number(existsSync(lock) && readFileSync(lock, 'utf8'));
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      else if (attempt > 1_200) throw new Refusal(`Another build holds ${lock}; remove it if there is none.`);
      else await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function doNothing() {}

function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Runs a command in the project folder, connected to this terminal; resolves with its exit code. */
function run(file, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    // A terminal's Ctrl-C reaches the child as well; it cleans up, and we end with its exit code.
    const pass = (signal) => child.kill(signal);
    process.on('SIGTERM', pass).on('SIGINT', doNothing);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGTERM', pass).off('SIGINT', doNothing);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

async function test(args) {
  const lint = await run('npm', ['run', '--silent', 'lint']);
  if (lint !== 0) return lint;
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  return run(bin('jest'), args, { NODE_OPTIONS: options.trim() });
}

async function main([command, ...args]) {
  checkNode();
  if (!['build', 'test', 'demo'].includes(command))
    throw new Refusal('usage: node sandbox/bootstrap.mjs build|test|demo');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  if (command !== 'build') checkGo();
  await install();
  await build(command === 'build' && args.includes('--lenient'));
  if (command === 'test') return test(args);
  if (command === 'demo')
    return run(process.execPath, [join(root, 'dist', 'client', 'cli', 'main.js'), 'demo', ...args]);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
