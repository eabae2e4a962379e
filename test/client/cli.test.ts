import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../sandbox/kit/ports.js';
import { catalogue } from '../../workflows/catalogue.js';
import { belay, built } from './cli.js';

beforeAll(built, 300_000);

const noStack = /\n\s+at /;

describe('without Temporal', () => {
  test('list names every runbook, as text and as JSON', async () => {
    const text = await belay(['list']);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    for (const id of Object.keys(catalogue)) expect(text.stdout).toContain(id);
    const json = JSON.parse((await belay(['list', '--json'])).stdout) as { id: string }[];
    expect(json.map(({ id }) => id)).toEqual(Object.keys(catalogue));
  });

  test('describe tells fields, examples, exit codes, the UI form and the native command', async () => {
    const { stdout, code } = await belay(['describe', 'rollingUpdate']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/changes\[\]\.image\s+text/);
    expect(stdout).toMatch(/4\s+RolledBack/);
    expect(stdout).toContain(
      '/namespaces/default/workflows/start-workflow?taskQueue=belay&workflowType=rollingUpdate&workflowId=',
    );
    expect(stdout).toContain('temporal workflow start --type rollingUpdate --task-queue belay');
  });

  test('a misspelt runbook is a usage error that names the right one', async () => {
    const { code, stderr, stdout } = await belay(['describe', 'rolling-update']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/no runbook "rolling-update".*Did you mean rollingUpdate/);
  });

  test('wrong input is refused with every problem before anything is contacted', async () => {
    const input = JSON.stringify({
      system: 'intendly',
      changes: [{ workload: 'nope', image: 'x:1' }],
      reason: '',
      extra: 1,
    });
    const { code, stderr } = await belay(['start', 'rollingUpdate', '--input', input]);
    expect(code).toBe(2);
    expect(stderr).toContain('InvalidInput');
    expect(stderr).toMatch(/reason: .*empty/);
    expect(stderr).toMatch(/extra: unknown field/);
    expect(stderr).not.toMatch(noStack);
  });

  test('a workload that the system lacks is found before the start, with those that it has', async () => {
    const args = ['--system', 'intendly', '--workloads', 'nope', '--reason', 'x', '--requested-by', 'alice'];
    const { code, stderr } = await belay(['start', 'rollback', ...args, '--json']);
    expect(code).toBe(2);
    const problem = JSON.parse(stderr) as { details: string[]; exitCode: number };
    expect(problem).toMatchObject({
      exitCode: 2,
      details: [expect.stringMatching(/^workloads\[0\]: .*backend-relayer/)],
    });
  });

  test.each([
    [['frobnicate'], /unknown command/],
    [['watch'], /missing required argument/],
    [['abort', 'x'], /--reason/],
    [['watch', 'x', '--timeout', 'soon'], /--timeout/],
    [['start', 'rollback', '--nonsense', '1'], /--nonsense.*Fields of this runbook/],
  ])('%j is a usage error', async (args, why) => {
    const { code, stderr } = await belay(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(noStack);
  });

  test('every command that has a native twin names it in its help', async () => {
    for (const command of ['start', 'watch', 'report', 'approve', 'retry-rollback', 'cancel', 'setup']) {
      const { code, stdout } = await belay([command, '--help']);
      expect({ command, code }).toEqual({ command, code: 0 });
      expect(stdout).toMatch(/Temporal's own command: temporal /);
    }
  });

  test('a server that is away is one line with address and cure; --debug adds the stack', async () => {
    const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    const plain = await belay(['watch', 'x'], env);
    expect(plain.code).toBe(1);
    expect(plain.stderr).toContain(env.TEMPORAL_ADDRESS);
    expect(plain.stderr).toContain('belay sandbox up');
    expect(plain.stderr.trim().split('\n')).toHaveLength(1);
    expect((await belay(['watch', 'x', '--debug'], env)).stderr).toMatch(noStack);
  });
});

describe('systems', () => {
  test('the shipped descriptions have no problem and can be listed', async () => {
    expect(await belay(['systems', 'check'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('5 description(s)'),
    });
    expect((await belay(['systems', 'list'])).stdout).toContain('backend-relayer');
  });

  test('problems come with file, line and path', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'belay-')), 'shop.yaml');
    writeFileSync(file, 'name: shop\ntitle: Shop\nkubernetes:\n  namespace: Shop!\n');
    const { code, stdout } = await belay(['systems', 'check', file]);
    expect(code).toBe(2);
    expect(stdout).toContain(`${file}:4:3 kubernetes.namespace`);
  });
});
