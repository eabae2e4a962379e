import { describe, expect, test } from '@jest/globals';
import { nextBusinessTime } from '../../activities/oncall/businessHours.js';
import { packagedSystems } from '../../systems/directories.js';
import type { EscalationPolicy, Target } from '../../systems/incidentSchema.js';
import { loadSystem } from '../../systems/load.js';

const dirs = [packagedSystems()];

function incidentsOf(name: string) {
  const { system } = loadSystem(name, { dirs });
  if (system.incidents === undefined) throw new Error(`${name} describes no incidents`);
  return { ...system, incidents: system.incidents };
}

/** `rota primary`, `person cto`, `channel ops`. */
const whom = (target: Target): string => Object.entries(target).flat().join(' ');

/** [second, who is notified then] of a ladder. */
function ladder(policy: EscalationPolicy | undefined): [number, string[]][] {
  return (policy?.levels ?? []).map(({ afterSeconds, notify }) => [afterSeconds, notify.map(whom)]);
}

function bySeverity(name: string): Record<string, [number, string[]][]> {
  const { incidents } = incidentsOf(name);
  return Object.fromEntries(incidents.severities.map(({ id, policy }) => [id, ladder(incidents.policies[policy])]));
}

/** The time targets of each severity, in seconds. */
function clocks(name: string): Record<string, Record<string, number>> {
  const { incidents } = incidentsOf(name);
  return Object.fromEntries(
    incidents.severities.map(({ id, phases }) => [
      id,
      Object.fromEntries(phases.map((phase) => [phase.name, phase.withinSeconds])),
    ]),
  );
}

const ruleOf = (name: string, id: string) => incidentsOf(name).incidents.rules.find((rule) => rule.id === id);

describe('intelligent-agent', () => {
  const name = 'intelligent-agent';
  const routine = [
    [0, ['channel operations']],
    [14_400, ['rota primary']],
  ];

  test('who is paged at which second', () => {
    expect(bySeverity(name)).toEqual({
      P1: [
        [0, ['rota primary', 'channel incidents']],
        [120, ['rota managers']],
        [900, ['rota senior']],
        [1_800, ['rota managers']],
        [3_600, ['person vp-engineering']],
      ],
      P2: [
        [0, ['rota primary']],
        [900, ['rota senior']],
      ],
      P3: routine,
      P4: routine,
    });
  });

  test('time targets, updates, customers, postmortem', () => {
    const workflow = { acknowledge: 60, triage: 300, investigate: 900, mitigate: 1_800 };
    const routineClocks = { acknowledge: 14_400 };
    expect(clocks(name)).toEqual({ P1: workflow, P2: workflow, P3: routineClocks, P4: routineClocks });
    const { severities, postmortem } = incidentsOf(name).incidents;
    expect(severities.map(({ updateSeconds }) => updateSeconds)).toEqual([900, 900, undefined, undefined]);
    expect(severities.map(({ customers }) => customers?.afterSeconds)).toEqual([900, undefined, undefined, undefined]);
    expect(severities.map(({ stakeholders }) => stakeholders.length)).toEqual([1, 1, 0, 0]);
    expect(postmortem).toMatchObject({ severities: ['P1', 'P2'], dueSeconds: 172_800 });
  });

  test('the telephone numbers of the roles', () => {
    const { people } = incidentsOf(name);
    const phones = Object.fromEntries(Object.entries(people).map(([id, { phone }]) => [id, phone]));
    expect(phones).toEqual({
      oncall: '+1-555-0150',
      senior: '+1-555-0100',
      manager: '+1-555-0200',
      'vp-engineering': undefined,
      dba: '+1-555-0160',
      security: '+1-555-0170',
    });
  });

  test.each([
    ['HighApiLatency', 'P2', 30],
    ['DatabaseDown', 'P1', 15],
    ['PodCrashLooping', 'P1', 20],
    ['Http503Errors', 'P1', 15],
    ['MemoryLeak', 'P2', 60],
    ['TlsCertExpiry', 'P2', 24 * 60],
    ['DiskFull', 'P1', 30],
    ['CacheIssues', 'P3', 60],
  ])('the runbook index: %s is %s and solved within %i minutes', (alert, severity, minutes) => {
    const { rules, runbooks } = incidentsOf(name).incidents;
    const fits = (pattern: string) => RegExp(`^(?:${pattern})$`).test(alert);
    expect(rules.find(({ match }) => fits(match['alertname'] ?? '.*'))?.severity).toBe(severity);
    const suggested = runbooks.filter(({ alerts }) => alerts.some(fits));
    expect(suggested.map(({ resolveWithinSeconds }) => resolveWithinSeconds)).toEqual([minutes * 60]);
  });
});

describe('canvas', () => {
  test.each([
    ['application', 'application', ['rota development', 'rota platform', 'rota oncall']],
    ['infrastructure', 'infrastructure', ['rota platform', 'rota devops', 'rota infrastructure-oncall']],
    ['security', 'security', ['rota security', 'person ciso', 'person security-hotline']],
    ['database', 'database', ['rota dba', 'rota platform', 'rota database-oncall']],
  ])('issues of type %s: primary, secondary, emergency', (rule, policy, contacts) => {
    const { incidents } = incidentsOf('canvas');
    expect(ruleOf('canvas', rule)).toMatchObject({ severity: 'critical', policy });
    expect(ladder(incidents.policies[policy])).toEqual([
      [0, [contacts[0]]],
      [900, [contacts[1]]],
      [1_800, [contacts[2]]],
    ]);
  });

  test('incidents of security are kept apart', () => {
    expect(ruleOf('canvas', 'security')?.kind).toBe('security');
    expect(incidentsOf('canvas').incidents.restricted?.channel).toBe('security');
  });
});

describe('intendly', () => {
  const name = 'intendly';

  test('who is paged at which second', () => {
    expect(bySeverity(name)).toEqual({
      critical: [
        [0, ['rota primary']],
        [900, ['rota secondary']],
        [1_800, ['person devops-lead']],
        [3_600, ['person cto']],
      ],
      high: [
        [0, ['rota primary']],
        [3_600, ['rota secondary']],
        [7_200, ['person devops-lead']],
      ],
      medium: [
        [0, ['rota primary']],
        [14_400, ['rota secondary']],
        [28_800, ['rota primary', 'rota secondary']],
      ],
      low: [
        [0, ['person devops-lead']],
        [172_800, ['person devops-lead']],
      ],
    });
  });

  test('response times', () => {
    expect(clocks(name)).toEqual({
      critical: { acknowledge: 900 },
      high: { acknowledge: 3_600 },
      medium: { acknowledge: 14_400 },
      low: { acknowledge: 86_400 },
    });
  });

  test.each([
    ['ServiceDown', 'critical', undefined],
    ['BlockchainConnectionLost', 'critical', undefined],
    ['HighCPUUsage', 'high', [0, 900, 7_200]],
    ['LowSolverParticipation', 'high', [0, 900, 7_200]],
    ['LowTradingVolume', 'medium', [0, 3_600, 28_800]],
  ])('%s is %s, with levels at %p', (alert, severity, seconds) => {
    const { rules, policies } = incidentsOf(name).incidents;
    const rule = rules.find(({ match }) => RegExp(`^(?:${match['alertname'] ?? '(?!)'})$`).test(alert));
    expect(rule?.severity).toBe(severity);
    expect(rule?.policy && policies[rule.policy]?.levels.map(({ afterSeconds }) => afterSeconds)).toEqual(seconds);
  });

  test("Alertmanager's three routes", () => {
    const { routes } = incidentsOf(name).incidents;
    expect(routes.map((route) => [route.receiver, route.groupIntervalSeconds, route.repeatIntervalSeconds])).toEqual([
      ['pagerduty', 30, 300],
      ['slack-warnings', 300, 1_800],
      ['email-team', 900, 86_400],
    ]);
  });

  test('the plan for incidents of security', () => {
    const { checklist, restricted, policies } = incidentsOf(name).incidents;
    const parts = [...new Set(checklist.map(({ step }) => step.split(' ')[0]))];
    expect(parts).toEqual(['Detection', 'Assessment', 'Containment', 'Eradication', 'Recovery', 'Lessons']);
    expect(checklist.flatMap(({ start }) => start?.runbook ?? [])).toEqual(['emergencyShutdown', 'emergencyRecovery']);
    expect(checklist.find(({ start }) => start)?.start?.input).toMatchObject({ preserveEvidence: true });
    expect(restricted).toEqual({ channel: 'security', roles: ['security', 'executive'] });
    expect(ladder(policies['security'])).toEqual([
      [0, ['person security-team']],
      [1_800, ['person ciso']],
    ]);
  });
});

describe('ai-orchestrator', () => {
  const name = 'ai-orchestrator';

  test('phases of each priority', () => {
    const high = { acknowledge: 300, triage: 900, investigate: 1_800 };
    expect(clocks(name)).toEqual({
      P0: { ...high, resolve: 7_200 },
      P1: { ...high, resolve: 14_400 },
      P2: { acknowledge: 3_600, investigate: 14_400, resolve: 86_400 },
    });
  });

  test('who is paged at which second', () => {
    const high = [
      [0, ['rota primary']],
      [300, ['rota secondary']],
      [900, ['person lead']],
    ];
    expect(bySeverity(name)).toEqual({
      P0: high,
      P1: high,
      P2: [
        [0, ['rota primary', 'channel alerts']],
        [3_600, ['rota secondary']],
      ],
    });
  });
});

describe('fossawork', () => {
  const name = 'fossawork';

  test('who is paged at which second', () => {
    expect(bySeverity(name)).toEqual({
      P1: [
        [0, ['person operations']],
        [900, ['person administrator']],
      ],
      P2: [
        [0, ['person operations']],
        [14_400, ['person administrator']],
      ],
      P3: [
        [36_000, ['person operations']],
        [122_400, ['person administrator']],
      ],
    });
  });

  test('only P3 waits, and never for the same day', () => {
    const { severities, policies, businessHours } = incidentsOf(name).incidents;
    const waiting = severities.filter(({ policy }) => policies[policy]?.levels[0]?.businessHoursOnly);
    expect(waiting.map(({ id }) => id)).toEqual(['P3']);
    const hours = (at = '') => Number(at.slice(0, 2));
    expect((hours(businessHours?.to) - hours(businessHours?.from)) * 3_600).toBe(36_000);
  });

  test.each([
    ['Monday morning', '2026-03-02T08:00:00Z', '2026-03-03T08:00:00Z'],
    ['Monday evening', '2026-03-02T17:59:00Z', '2026-03-03T08:00:00Z'],
    ['Friday noon', '2026-03-06T12:00:00Z', '2026-03-09T08:00:00Z'],
    ['Saturday noon', '2026-03-07T12:00:00Z', '2026-03-09T08:00:00Z'],
    ['Sunday night', '2026-03-08T23:00:00Z', '2026-03-09T09:00:00Z'],
  ])('P3 of %s is escalated on the next business day', (_, opened, paged) => {
    const { policies, businessHours } = incidentsOf(name).incidents;
    const due = Date.parse(opened) + (policies['next-business-day']?.levels[0]?.afterSeconds ?? 0) * 1_000;
    expect(nextBusinessTime(businessHours, due)).toBe(Date.parse(paged));
  });

  test.each([
    ['SecurityBreach', 'P1', 'security'],
    ['SystemDown', 'P1', 'operational'],
    ['DataCorruption', 'P1', 'operational'],
    ['AuthenticationFailure', 'P1', 'operational'],
    ['PerformanceDegraded', 'P2', 'operational'],
    ['BackupFailed', 'P2', 'operational'],
    ['ThresholdBreached', 'P3', 'operational'],
  ])('%s is %s', (alert, severity, kind) => {
    const { rules } = incidentsOf(name).incidents;
    const rule = rules.find(({ match }) => RegExp(`^(?:${match['alertname'] ?? '.*'})$`).test(alert));
    expect(rule).toMatchObject({ severity, kind });
  });
});
