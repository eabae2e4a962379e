import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyFlags, applySets, readInput } from '../../client/cli/inputArguments.js';
import { UsageError } from '../../client/cli/errors.js';
import { inputSchema } from '../../client/fields.js';
import { rollbackRunbook } from '../../workflows/rollback/runbook.js';
import { rollingUpdateRunbook } from '../../workflows/rollingUpdate/runbook.js';
import type { Runbook } from '../../workflows/kit/runbook.js';

const update = inputSchema(rollingUpdateRunbook as unknown as Runbook);
const rollback = inputSchema(rollbackRunbook as unknown as Runbook);

describe('--input', () => {
  test('takes JSON text, or a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'belay-')), 'input.json');
    writeFileSync(file, '{"system":"canvas"}');
    expect(readInput('{"system":"canvas"}')).toEqual({ system: 'canvas' });
    expect(readInput(file)).toEqual({ system: 'canvas' });
    expect(readInput(undefined)).toEqual({});
  });

  test.each([
    ['{"system":', /not JSON/],
    ['[1]', /must be one JSON object/],
    ['/nowhere/input.json', /cannot be read .*Give JSON, a file, or -/],
    [`{"reason":"${'x'.repeat(2_000_000)}"}`, /more than 1 MB/],
  ])('%.20s is refused with a reason', (source, why) => {
    expect(() => readInput(source)).toThrow(UsageError);
    expect(() => readInput(source)).toThrow(why);
  });
});

describe('--set', () => {
  test('makes lists and objects, and takes the type from the schema', () => {
    const input = {};
    const sets = ['system=intendly', 'changes[0].workload=api', 'changes[0].image=r/api:1', 'changes.1.workload=web'];
    applySets(input, [...sets, 'bakeSeconds=60', 'dryRun=true', 'reason=12'], update);
    expect(input).toEqual({
      system: 'intendly',
      changes: [{ workload: 'api', image: 'r/api:1' }, { workload: 'web' }],
      bakeSeconds: 60,
      dryRun: true,
      reason: '12',
    });
  });

  test.each(['system', '=x', '__proto__.polluted=1', 'constructor.prototype.polluted=1'])('%s is refused', (set) => {
    expect(() => applySets({}, [set], update)).toThrow(UsageError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("the runbook's own flags", () => {
  test('every field at the top is one', () => {
    const input = {};
    const args = [
      '--system',
      'canvas',
      '--bake-seconds=60',
      '--dry-run',
      '--override-owner',
      'false',
      '--reason',
      'a b',
    ];
    applyFlags(input, args, update);
    expect(input).toEqual({ system: 'canvas', bakeSeconds: 60, dryRun: true, overrideOwner: false, reason: 'a b' });
  });

  test('a list of texts may be written with commas, a union as JSON or text', () => {
    const input = {};
    applyFlags(input, ['--workloads', 'a,b', '--to', '{"revision":7}'], rollback);
    expect(input).toEqual({ workloads: ['a', 'b'], to: { revision: 7 } });
    applyFlags(input, ['--to', 'lastKnownGood'], rollback);
    expect(input).toMatchObject({ to: 'lastKnownGood' });
  });

  test.each([[['--nonsense', 'x']], [['stray']], [['--system']]])('%j is refused', (args) => {
    expect(() => applyFlags({}, args, update)).toThrow(UsageError);
  });
});
