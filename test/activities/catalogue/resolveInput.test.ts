import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from '@jest/globals';
import { createCatalogueActivities, type InputProblem } from '../../../activities/catalogue/index.js';
import { packagedSystems } from '../../../systems/directories.js';
import { loadSystem } from '../../../systems/load.js';
import { runbookInputs } from '../../../worker/runbookInputs.js';
import { catalogue } from '../../../workflows/catalogue.js';
import { folderWith, SAMPLE } from '../../systems/describeFile.js';

const dirs = [packagedSystems()];
const { resolveInput } = createCatalogueActivities({
  runbooks: runbookInputs(),
  loadSystem: (name) => loadSystem(name, { dirs }),
});

const change = { workload: 'backend-relayer', image: 'ghcr.io/intendly/intendly-backend:1.4.2' };
const good = { system: 'intendly', changes: [change], reason: 'Release', requestedBy: 'alice' };

async function refusal(raw: unknown, runbook = 'rollingUpdate', resolve = resolveInput): Promise<ApplicationFailure> {
  const failure: unknown = await resolve({ runbook, raw }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApplicationFailure)) throw new Error(`expected InvalidInput, got ${String(failure)}`);
  expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
  return failure;
}

async function problems(raw: unknown, runbook?: string): Promise<string[]> {
  const failure = await refusal(raw, runbook);
  const [{ problems: found }] = failure.details as [{ problems: InputProblem[] }];
  for (const { message } of found) expect(failure.message).toContain(message);
  return found.map(({ path, message }) => `${path}: ${message}`);
}

describe('a good input', () => {
  test('is answered with defaults, snapshot and hash', async () => {
    const resolved = await resolveInput({ runbook: 'rollingUpdate', raw: good });
    const loaded = loadSystem('intendly', { dirs });
    expect(resolved).toMatchObject({ runbook: 'rollingUpdate', system: loaded.system, systemHash: loaded.hash });
    expect(resolved.input).toMatchObject({ ...good, dryRun: false, onBusy: 'fail' });
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
  });

  test.each(
    Object.values(catalogue).flatMap(({ id, examples }) =>
      examples.map(({ title, input }) => [id, title, input] as const),
    ),
  )('%s example: %s', async (runbook, _, raw) => {
    await expect(resolveInput({ runbook, raw })).resolves.toMatchObject({ runbook });
  });
});

describe('a wrong input is refused with every problem', () => {
  test.each<[string, unknown, unknown[]]>([
    ['nothing', undefined, [': the input is missing; give one JSON object, e.g. {"system": "…", …}']],
    ['null', null, [': the input is missing; give one JSON object, e.g. {"system": "…", …}']],
    ['a list', [good], [': the input is a list; give one JSON object, e.g. {"system": "…", …}']],
    ['a text', 'intendly', [': the input is a string; give one JSON object, e.g. {"system": "…", …}']],
    [
      'unknown system',
      { ...good, system: 'intently' },
      ['system: there is no system "intently"; did you mean "intendly"?'],
    ],
    [
      'system elsewhere',
      { ...good, system: '../etc/passwd' },
      [
        'system: there is no system "../etc/passwd"; known systems: ai-orchestrator, canvas, fossawork, intelligent-agent, intendly',
      ],
    ],
    ['system that is no text', { ...good, system: 7 }, ['system: is a number; must be a text (write it in quotes)']],
    [
      'unknown workload',
      { ...good, changes: [{ ...change, workload: 'relayer' }] },
      [
        'changes[0].workload: "relayer" is not a workload of intendly; it has backend-relayer, backend-coordinator, websocket-server',
      ],
    ],
    ['no changes', { ...good, changes: [] }, ['changes: is empty; must have at least one entry']],
    ['changes for a map', { ...good, changes: { 0: change } }, ['changes: is an object with fields; must be a list']],
    ['unknown field', { ...good, dryrun: true }, ['dryrun: unknown field; did you mean "dryRun"?']],
    [
      'unknown field inside',
      { ...good, changes: [{ ...change, img: 'x' }] },
      ['changes[0].img: unknown field; known fields: workload, image, container'],
    ],
    ['wrong choice', { ...good, onBusy: 'queue' }, ['onBusy: "queue" is not allowed; must be one of "fail", "wait"']],
    ['fraction', { ...good, bakeSeconds: 1.5 }, ['bakeSeconds: is 1.5; must be a whole number']],
    ['out of range', { ...good, bakeSeconds: 1e9 }, ['bakeSeconds: is 1000000000; must be at most 7200']],
    ['blank', { ...good, reason: '   ' }, ['reason: is empty; must say something']],
    [
      'a system without Kubernetes',
      { ...good, system: 'fossawork' },
      [
        'system: this runbook cannot work on "fossawork": it has no `kubernetes` section: it does not run on Kubernetes, or the section has to be added',
        'changes[0].workload: "backend-relayer" is not a workload of fossawork; it has none',
      ],
    ],
    [
      'several at once',
      { system: 'canvs', changes: [{ workload: 'x' }, 3], requestedBy: null, extra: 1 },
      [
        'changes[0].image: is missing; must be a text',
        'changes[1]: is a number; must be an object with fields',
        'reason: is missing; must be a text',
        'requestedBy: is empty; must be a text',
        expect.stringMatching(/^extra: unknown field; known fields: system, changes, .* more$/),
        'system: there is no system "canvs"; did you mean "canvas"?',
      ],
    ],
  ])('%s', async (_, raw, expected) => {
    expect(await problems(raw)).toEqual(expected);
  });

  test('an unknown runbook', async () => {
    expect(await problems(good, 'rollingupdate')).toEqual([
      ': there is no runbook "rollingupdate"; did you mean "rollingUpdate"?',
    ]);
    expect((await problems(good, 'constructor'))[0]).toContain('known runbooks: rollingUpdate, rollback');
  });

  test('2 MB of JSON, and a million levels', async () => {
    expect(await problems({ ...good, reason: 'x'.repeat(2_000_000) })).toEqual([
      expect.stringMatching(/^: the input has 20\d{5} bytes as JSON; at most 262144 are allowed$/),
    ]);
    const deep: unknown = JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect((await problems(deep))[0]).toMatch(/nested too deeply|unknown field/);
  });

  test('thousands of problems stay a small failure', async () => {
    const failure = await refusal({
      ...good,
      ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, n])),
    });
    const [{ problems: found }] = failure.details as [{ problems: InputProblem[] }];
    expect(found).toHaveLength(50);
    expect(found[49]?.message).toBe('and 4951 more problems; mend these first');
    expect(failure.message.length).toBeLessThan(30_000);
    const long = await refusal({ ...good, [`k${'x'.repeat(100_000)}`]: 1, system: 'y'.repeat(100_000) });
    expect(JSON.stringify(long.details).length + long.message.length).toBeLessThan(5_000);
  });

  test('a description that is not valid is named with its line', async () => {
    const broken = [
      folderWith({ 'shop.yaml': SAMPLE.replace('tier: edge', 'tier: egde').replace('max: 0.05', 'max: x') }),
    ];
    const { resolveInput: resolve } = createCatalogueActivities({
      runbooks: runbookInputs(),
      loadSystem: (name) => loadSystem(name, { dirs: broken }),
    });
    const { message } = await refusal({ ...good, system: 'shop' }, 'rollingUpdate', resolve);
    expect(message).toContain(
      'system: shop.yaml:11:5 workloads[1].tier: there is no tier "egde"; did you mean "edge"?',
    );
    expect(message).toContain('system: shop.yaml:21:9 workloads[1].gates[0].max: is a text; must be a number');
  });

  test('a disk that fails is no InvalidInput: the step is tried again', async () => {
    const { resolveInput: resolve } = createCatalogueActivities({
      runbooks: runbookInputs(),
      loadSystem: () => {
        throw new Error('EIO');
      },
    });
    await expect(resolve({ runbook: 'rollingUpdate', raw: good })).rejects.toThrow('EIO');
  });
});
