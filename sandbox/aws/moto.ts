import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec } from '../kit/types.js';

const VERSION = '5.2.5';

/** moto's server in a Python environment of its own. */
export const motoProgram: ProgramSpec = {
  name: 'moto',
  version: VERSION,
  env: 'BELAY_MOTO_BIN',
  // Its launcher cannot tell its version, and older ones answer otherwise.
  path: [],
  async check(file) {
    const { stdout, stderr } = await runCommand(file, ['--help'], { timeoutMs: 60_000 });
    return /--port/.test(stdout + stderr) ? undefined : 'it is not the server of moto';
  },
  async install(dir, progress) {
    const venv = join(dir, 'venv');
    progress(`installing moto ${VERSION} from PyPI`);
    await runCommand('python3', ['-m', 'venv', venv], { timeoutMs: 120_000 }).catch((error: unknown) => {
      throw new Error(`python3 with venv is needed (${messageOf(error)})`, { cause: error });
    });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `moto[server]==${VERSION}`];
    await runCommand(join(venv, 'bin', 'python'), pip, { timeoutMs: 15 * 60_000 });
    // The launcher that pip makes holds the path of this folder, which is moved when the installation is whole.
    const file = join(dir, 'moto_server');
    await writeFile(file, '#!/bin/sh\nexec "$(dirname "$0")/venv/bin/python" -m moto.server "$@"\n');
    await chmod(file, 0o755);
    return file;
  },
  hint: 'Install Python 3.9 or newer with venv and pip (Debian and Ubuntu: apt-get install python3-venv), or set BELAY_MOTO_BIN to the `moto_server` of moto 5.2.',
};
