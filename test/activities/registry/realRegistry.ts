import { runCommand } from '../../../sandbox/kit/command.js';
import { goInstall } from '../../../sandbox/kit/goBuild.js';
import { freePort } from '../../../sandbox/kit/ports.js';
import { httpProbe } from '../../../sandbox/kit/probes.js';
import { startDetached, waitReady } from '../../../sandbox/kit/process.js';
import { findOrInstall } from '../../../sandbox/kit/program.js';
import type { ProgramSpec } from '../../../sandbox/kit/types.js';
import { sha256 } from './fakeRegistry.js';

const VERSION = '0.20.3';

/** The in-memory registry of go-containerregistry: small, and it checks what is pushed. */
const program: ProgramSpec = {
  name: 'go-containerregistry',
  version: VERSION,
  env: 'BELAY_TEST_REGISTRY_BIN',
  path: [],
  async check(file) {
    // It has no version switch; its usage names its only flag (and ends with an exit code).
    const text = await runCommand(file, ['-help'], { timeoutMs: 20_000 }).then(
      ({ stdout, stderr }) => stdout + stderr,
      String,
    );
    return text.includes('port to run registry on') ? undefined : 'it is not the registry of go-containerregistry';
  },
  install: (dir, progress) =>
    goInstall('github.com/google/go-containerregistry/cmd/registry', `v${VERSION}`, {
      dir,
      progress,
      ldflags: '-s -w',
    }),
  hint: 'Run: go install github.com/google/go-containerregistry/cmd/registry@v0.20.3, and set BELAY_TEST_REGISTRY_BIN to it.',
};

export async function startRealRegistry(dir: string): Promise<{ pid: number; host: string }> {
  const file = await findOrInstall(program, (line) => process.stderr.write(`${line}\n`));
  const port = await freePort();
  const started = await startDetached({ name: 'registry', file, args: [`-port=${port}`], dir });
  const host = `127.0.0.1:${port}`;
  await waitReady(started, httpProbe(`http://${host}/v2/`), 30_000);
  return { pid: started.pid, host };
}

/** Pushes with the distribution API, checking that the registry takes it. */
export async function push(
  host: string,
  repository: string,
  pushed: { blob: string } | { tag: string; manifest: string; type: string },
) {
  const base = `http://${host}/v2/${repository}`;
  const [url, method, type, body] =
    'blob' in pushed
      ? [`${base}/blobs/uploads/?digest=${sha256(pushed.blob)}`, 'POST', 'application/octet-stream', pushed.blob]
      : [`${base}/manifests/${pushed.tag}`, 'PUT', pushed.type, pushed.manifest];
  const response = await fetch(url, { method, headers: { 'content-type': type }, body });
  if (response.status !== 201) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}
