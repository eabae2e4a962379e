import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { renderRouting } from '../../../workflows/alertRouting/render.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness, type Queue } from '../harness.js';
import { review, routing, Tower } from './tower.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const tower = (name: string) => new Tower(`alerts-${process.pid}-${name}`);
const applying = { ...review, applySilences: true };
const silencing = (one: Tower) => one.done.filter((line) => /Silence/.test(line));

async function approved(queue: Queue, input: object = applying) {
  const run = await queue.start('alertReview', input);
  const { plan } = await run.until('approval', (status) => status.phase === 'awaitingApproval');
  await run.verb('approve', { actor: 'bob', reason: 'read it', planHash: plan?.hash ?? '' });
  return run;
}

/** All that a dry run may call. The report is our own account of it. */
const reading = [
  ...['resolveInput', 'readAlertRules', 'readFirings', 'readLevels', 'listPresentAlerts', 'listSilences'],
  ...['listIncidents', 'listEarlierRules', 'saveReport'],
];

describe('alertReview', () => {
  test('a dry run reads, and gives figures and proposals', async () => {
    const one = tower('dry');
    await harness.with(one, async (queue) => {
      const run = await queue.start('alertReview', { ...applying, dryRun: true });
      const report = await run.report();
      expect(report.outcome).toBe('planned');
      expect(report.summary).toContain('3 alerts fired 9 times in 7 days, 8 times for nothing');
      expect((await run.activities()).filter((name) => !reading.includes(name))).toEqual([]);
      const evidence = report.steps.find(({ name }) => name === 'Work out the figures')?.evidence;
      expect(evidence).toMatchObject({
        figures: [{ alert: 'Flaps', falsePositives: 4 }, { alert: 'Flutters' }, { alert: 'Real', falsePositives: 0 }],
        proposals: expect.arrayContaining([
          expect.objectContaining({ id: 'for/Flaps', before: expect.anything(), after: expect.anything() }),
          expect.objectContaining({ id: 'silence/Flutters' }),
        ]),
      });
    });
  });

  test('without applySilences: figures are drawn, rules are given as a file, nothing is changed', async () => {
    const one = tower('report');
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('alertReview', review)).report();
      expect(report.outcome).toBe('succeeded');
      expect(one.done).toEqual([
        ...['saveChart firings.svg', 'saveChart durations.svg', 'saveChart week.svg', 'saveChart proposals.svg'],
        ...['saveYaml rules.yml', 'saveYaml inhibit.yml'],
      ]);
      expect(report.steps.find(({ name }) => name === 'Write rules.yml')?.evidence).toMatchObject({
        file: expect.stringContaining('"for":"2m"'),
      });
    });
  });

  test('silences only after an approval, with owner, reason and end', async () => {
    const one = tower('apply');
    await harness.with(one, async (queue) => {
      const run = await approved(queue);
      const report = await run.report();
      expect(report.summary).toContain('2 silences created');
      expect(silencing(one)).toEqual(['createSilence Flaps', 'createSilence Flutters']);
      const [silence] = one.silences;
      expect(silence).toMatchObject({ createdBy: 'alice', comment: expect.stringContaining('test: it fired 4 times') });
      const hours = (Date.parse(silence?.endsAt ?? '') - Date.parse(report.endedAt)) / 3_600_000;
      expect(hours).toBeGreaterThan(23);
      expect(hours).toBeLessThanOrEqual(24);
    });
  });

  test('nobody approves: nothing is touched', async () => {
    const one = tower('rejected');
    await harness.with(one, async (queue) => {
      const run = await queue.start('alertReview', applying);
      const { plan } = await run.until('approval', (status) => status.phase === 'awaitingApproval');
      const self = { actor: 'alice', planHash: plan?.hash ?? '' };
      expect(await run.refusal('approve', self)).toContain('cannot approve it');
      await run.verb('reject', { actor: 'bob', reason: 'we want to hear of it' });
      expect((await run.failure()).type).toBe('Rejected');
      expect(silencing(one)).toEqual([]);
    });
  });

  test('somebody silences meanwhile: what was approved is outdated', async () => {
    const one = tower('outdated');
    let looks = 0;
    one.onListSilences = () => {
      looks += 1;
      if (looks < 2) return;
      const matchers = [
        { name: 'alertname', value: 'Flaps', isRegex: false, isEqual: true },
        { name: 'pod', value: 'a', isRegex: false, isEqual: true },
      ];
      one.silences.push({
        ...{ id: 'x', matchers, startsAt: '', endsAt: '', createdBy: 'carol', comment: '' },
        state: 'active',
      });
    };
    await harness.with(one, async (queue) => {
      expect((await (await approved(queue)).failure()).type).toBe('PlanOutdated');
      expect(silencing(one)).toEqual([]);
    });
  });

  test('one cannot be created: those before are ended', async () => {
    const one = tower('undone');
    one.refuses.set('Flutters', ApplicationFailure.nonRetryable('Alertmanager: no', 'AlertmanagerRefused'));
    await harness.with(one, async (queue) => {
      const failure = await (await approved(queue)).failure();
      expect([failure.type, failure.message]).toEqual(['RolledBack', expect.stringContaining('No silence stays')]);
      expect(silencing(one)).toEqual([
        ...['createSilence Flaps', 'createSilence Flutters', 'expireSilence ', 'expireSilence silence-1'],
      ]);
      expect(one.silences.map(({ state }) => state)).toEqual(['expired']);
    });
  });

  test('rules that changed since the last review; sources that are away are said, not fatal', async () => {
    const one = tower('partial');
    one.earlier = [{ at: '2026-01-02T00:00:00.000Z', rules: [{ name: 'shop/Flaps', hash: 'another' }] }];
    const activities = one.activities();
    const broken = ApplicationFailure.nonRetryable('Alertmanager: gone', 'AlertmanagerRefused');
    one.activities = () => ({
      ...activities,
      listPresentAlerts: async () => {
        throw broken;
      },
    });
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('alertReview', review)).report();
      expect(report.plan?.warnings).toEqual([expect.stringContaining('Read Alertmanager: Alertmanager: gone')]);
      expect(report.steps.find(({ name }) => name === 'Work out the figures')?.evidence).toMatchObject({
        figures: expect.arrayContaining([
          expect.objectContaining({
            alert: 'Flaps',
            ruleChange: { after: '2026-01-02T00:00:00.000Z', by: expect.any(String) },
          }),
        ]),
      });
    });
  });

  test('without Prometheus there is no review', async () => {
    const one = tower('blind');
    one.prometheusDown = ApplicationFailure.nonRetryable('Prometheus: HTTP 404', 'PrometheusRefused');
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('alertReview', review)).failure();
      expect([failure.type, failure.message]).toEqual(['StepFailed', expect.stringContaining('HTTP 404')]);
    });
  });
});

describe('alertRouting', () => {
  test('renders, checks, sends samples through it, compares; changes nothing', async () => {
    const one = tower('routes');
    one.running = renderRouting(one.system).config;
    await harness.with(one, async (queue) => {
      const run = await queue.start('alertRouting', { ...routing, dryRun: true });
      const report = await run.report();
      expect([report.outcome, report.summary]).toEqual(['planned', expect.stringContaining('valid, the same as runs')]);
      expect(one.done).toEqual(['saveDocument']);
      expect((await run.activities()).toSorted()).toEqual(
        ['checkRouting', 'readRouting', 'resolveInput', 'saveDocument', 'saveReport'].toSorted(),
      );
      expect(report.plan?.steps.map(({ title }) => title)).toEqual([
        'Put the value of env:ALERTS_TOKEN into /etc/alertmanager/secrets/belay-token',
        'Put the value of env:KEY into /etc/alertmanager/secrets/pagerduty-routing-key',
        'Write the configuration to Alertmanager and reload it',
      ]);
    });
  });

  test.each<[string, (one: Tower) => void, object, string, string]>([
    [
      'amtool refuses it',
      (one) => (one.check = { valid: false, said: 'undefined receiver', receivers: [] }),
      {},
      'VerificationFailed',
      'undefined receiver',
    ],
    [
      'a sample goes astray',
      (one) => (one.check = { receivers: [['nobody'], ['belay']] }),
      {},
      'VerificationFailed',
      'rule slow goes to nobody instead of belay',
    ],
    [
      'no amtool',
      (one) => (one.check = { checkedBy: null, valid: false, said: 'Not checked: install it', receivers: [] }),
      {},
      'PreflightFailed',
      'install it',
    ],
    [
      'another one runs, and that was asked',
      (one) => (one.running = { route: { receiver: 'old' }, receivers: [{ name: 'old' }] }),
      { failOnDifference: true },
      'VerificationFailed',
      'differences to what runs',
    ],
  ])('%s', async (_, change, input, type, words) => {
    const one = tower(`routes-${words.length}`);
    change(one);
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('alertRouting', { ...routing, ...input })).failure();
      expect([failure.type, failure.message]).toEqual([type, expect.stringContaining(words)]);
    });
  });

  test('unchecked is fine where that was said, and the summary says it', async () => {
    const one = tower('unchecked');
    one.check = { checkedBy: null, valid: false, said: 'Not checked', receivers: [] };
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('alertRouting', { ...routing, allowUnchecked: true })).report();
      expect(report.summary).toContain('NOT CHECKED');
    });
  });
});
