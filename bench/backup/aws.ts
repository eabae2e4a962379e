import { chmod, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/kit/command.js';
import { messageOf } from '../../sandbox/kit/text.js';
import type { ProgramSpec } from '../../sandbox/kit/types.js';

const VERSION = '1.45.11';
/** The launcher that pip makes holds the path of its folder, which is moved when the installation is whole. */
const LAUNCHER = '#!/bin/sh\nexec "${0%/*}/venv/bin/python" -m awscli "$@"\n';

/** The AWS command line, installed from PyPI where it is not on the PATH. */
export const awsProgram: ProgramSpec = {
  name: 'awscli',
  version: VERSION,
  env: 'BELAY_AWS_BIN',
  path: ['aws'],
  async check(file) {
    // Launchers of version managers (pyenv, asdf) take their time at each start, which would count against the pipeline.
    if (/^#!.*\bbash\b/.test(await firstLine(file))) return 'it is the launcher of a version manager';
    const { stdout, stderr } = await runCommand(file, ['--version'], { timeoutMs: 60_000 });
    return /^aws-cli\/\d/.test(stdout + stderr) ? undefined : 'it is not the AWS command line';
  },
  async install(dir, progress) {
    const venv = join(dir, 'venv');
    progress(`installing awscli ${VERSION} from PyPI`);
    await runCommand('python3', ['-m', 'venv', venv], { timeoutMs: 120_000 }).catch((error: unknown) => {
      throw new Error(`python3 with venv is needed (${messageOf(error)})`, { cause: error });
    });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `awscli==${VERSION}`];
    await runCommand(join(venv, 'bin', 'python'), pip, { timeoutMs: 15 * 60_000 });
    const file = join(dir, 'aws');
    await writeFile(file, LAUNCHER);
    await chmod(file, 0o755);
    return file;
  },
  hint: 'Install the AWS command line (Debian and Ubuntu: apt-get install awscli) so that `aws` is on the PATH, or set BELAY_AWS_BIN to it.',
};

async function firstLine(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(128), 0, 128, 0);
    return buffer.toString('latin1', 0, bytesRead).split('\n')[0] ?? '';
  } finally {
    await handle.close();
  }
}
