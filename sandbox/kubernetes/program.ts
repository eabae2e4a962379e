import { join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { goBuildModule } from '../kit/goBuild.js';
import { projectRoot } from '../kit/paths.js';
import type { ProgramSpec } from '../kit/types.js';

const KUBERNETES = '1.36.3';

/**
 * The control plane and kwok in one program (`go/main.go`), with the sub-commands etcd, kube-apiserver,
 * kube-controller-manager, kube-scheduler and kwok.
 */
export const kubeProgram: ProgramSpec = {
  name: 'belay-kube',
  // The last number counts changes of go/.
  version: `${KUBERNETES}-1`,
  env: 'BELAY_KUBE_BIN',
  path: [],
  async check(file) {
    const { stdout } = await runCommand(file, ['kube-apiserver', '--version'], { timeoutMs: 20_000 });
    return stdout.includes(`v${KUBERNETES}`) ? undefined : `it is not Kubernetes ${KUBERNETES}: ${stdout.trim()}`;
  },
  install(dir, progress) {
    // Without these the server's /version is empty, and clients complain.
    const [major, minor] = KUBERNETES.split('.');
    const version = 'k8s.io/component-base/version';
    const values = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor };
    const ldflags = ['-s -w', ...Object.entries(values).map(([name, value]) => `-X ${version}.${name}=${value}`)];
    progress('building the Kubernetes control plane takes some minutes, once');
    return goBuildModule(join(projectRoot(), 'sandbox', 'kubernetes', 'go'), 'kube', {
      dir,
      progress,
      ldflags: ldflags.join(' '),
    });
  },
  hint: 'Install Go 1.24 or newer (https://go.dev/dl/), or set BELAY_KUBE_BIN to a program built from sandbox/kubernetes/go.',
};
