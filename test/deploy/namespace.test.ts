import { expect, test } from '@jest/globals';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { runCommand } from '../../sandbox/kit/command.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import { findOrInstall } from '../../sandbox/kit/program.js';
import { temporalProgram } from '../../sandbox/temporal/program.js';
import { inspectSearchAttributes, searchAttributes } from '../../worker/searchAttributes.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';

const NAMESPACE = 'compose-script';

test(
  "compose's namespace script prepares a real server, and may be repeated",
  async () => {
    const address = (await sandbox('temporal')).temporal?.address ?? '';
    const temporal = await findOrInstall(temporalProgram, () => undefined);
    const run = (): Promise<{ stdout: string }> =>
      runCommand('/bin/sh', [join(projectRoot(), 'deploy', 'compose', 'namespace.sh')], {
        env: {
          ...process.env,
          PATH: `${dirname(temporal)}:${process.env['PATH']}`,
          TEMPORAL_ADDRESS: address,
          TEMPORAL_NAMESPACE: NAMESPACE,
          BELAY_RETENTION: '30d',
        },
        timeoutMs: 100_000,
      });

    expect((await run()).stdout).toContain(`Namespace ${NAMESPACE} created, retention 30d`);
    const connection = await Connection.connect({ address });
    try {
      const { config } = await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
      expect(await inspectSearchAttributes(connection, NAMESPACE)).toEqual({ missing: [], wrong: [] });
    } finally {
      await connection.close();
    }
    const { stdout } = await run();
    expect(stdout).not.toContain('created');
    expect(stdout.match(/is there/g)).toHaveLength(Object.keys(searchAttributes).length + 1);
  },
  SANDBOX_MS,
);
