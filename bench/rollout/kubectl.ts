import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SandboxState } from '../../sandbox/kit/types.js';

const execute = promisify(execFile);
const SHORT_MS = 60_000;

/** End of a `kubectl` command. */
export interface KubectlEnd {
  code: number;
  /** Last line of what it said. */
  said: string;
}

/** `kubectl` on one namespace of the sandbox. */
export type Kubectl = (args: readonly string[], timeoutMs?: number) => Promise<KubectlEnd>;

const program = (): string => process.env['BELAY_KUBECTL'] || 'kubectl';

/** Version of the `kubectl` on the PATH (or `BELAY_KUBECTL`). Throws with the cure when there is none. */
export async function kubectlVersion(): Promise<string> {
  try {
    const { stdout } = await execute(program(), ['version', '--client', '-o', 'json'], { timeout: SHORT_MS });
    return (JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
  } catch (error) {
    throw new Error(
      'The comparison needs kubectl (https://kubernetes.io/docs/tasks/tools/). Install it, name it in BELAY_KUBECTL, or leave it out: --peer-seconds 0',
      { cause: error },
    );
  }
}

/** Runs commands; an exit code other than 0 is an answer, not an error. */
export function kubectl({ kubernetes }: SandboxState, namespace: string): Kubectl {
  if (!kubernetes) throw new Error('the sandbox has no Kubernetes');
  const where = ['--kubeconfig', kubernetes.kubeconfig, '--context', kubernetes.context, '--namespace', namespace];
  return (args, timeoutMs = SHORT_MS) =>
    new Promise((resolve) => {
      execFile(program(), [...where, ...args], { timeout: timeoutMs }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        const lines = (stderr.trim() || stdout.trim()).split('\n');
        resolve({ code, said: lines.at(-1) ?? '' });
      });
    });
}
