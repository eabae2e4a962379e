import { join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { downloadAndUnpack } from '../kit/download.js';
import { goInstall } from '../kit/goBuild.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec } from '../kit/types.js';

const VERSION = '1.5.1';

/** The `temporal` command with its development server (server 1.29, UI 2.42), or a newer one. */
export const temporalProgram: ProgramSpec = {
  name: 'temporal',
  version: VERSION,
  env: 'BELAY_TEMPORAL_BIN',
  path: ['temporal'],
  async check(file) {
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    // The command's own version says nothing when it was built from source; the server's always does.
    const [, major = 0, minor = 0] = (/Server (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > 1 || (major === 1 && minor >= 28) ? undefined : `its server is older than 1.28: ${stdout.trim()}`;
  },
  async install(dir, progress) {
    try {
      const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
      const platform = process.platform === 'darwin' ? 'darwin' : 'linux';
      const url = `https://temporal.download/cli/archive/latest?platform=${platform}&arch=${arch}`;
      progress('downloading temporal from its vendor');
      await downloadAndUnpack(url, dir);
      return join(dir, 'temporal');
    } catch (error) {
      progress(`vendor download not possible (${messageOf(error)})`);
    }
    return goInstall('github.com/temporalio/cli/cmd/temporal', `v${VERSION}`, { dir, progress, ldflags: '-s -w' });
  },
  hint: 'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on the PATH, or set BELAY_TEMPORAL_BIN to it.',
};
