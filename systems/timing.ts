import { IANAZone } from 'luxon';
import type { Part, Parts } from './parts.js';
import type { Finding, Path } from './problem.js';
import type { Blackout, HttpCheck, MetricGate } from './schema.js';

/** The longest a single check may try; beyond it a description rather means a monitor. */
const LONGEST_CHECK_SECONDS = 3_600;

/** Numbers and times that are fine alone but not together. */
export function timingProblems(parts: Parts): Finding[] {
  return [
    ...parts.checks.flatMap(checkProblems),
    ...parts.gates.flatMap(gateProblems),
    ...parts.blackouts.flatMap(blackoutProblems),
    ...bakeProblems(parts),
    ...approvalProblems(parts),
  ];
}

function checkProblems({ path, parsed: check }: Part<HttpCheck>): Finding[] {
  if (check === undefined) return [];
  const findings: Finding[] = [];
  if (check.attempts < check.times) {
    const message = `${check.attempts} attempts can never give the ${check.times} passing answers of \`times\`; set at least ${check.times}`;
    findings.push({ path: [...path, 'attempts'], message });
  }
  const longest = check.attempts * check.timeoutSeconds + (check.attempts - 1) * check.intervalSeconds;
  if (longest > LONGEST_CHECK_SECONDS) {
    const message = `with these timeoutSeconds and intervalSeconds the check could try for ${Math.round(longest)} s; lower one of the three so that it ends within ${LONGEST_CHECK_SECONDS} s`;
    findings.push({ path: [...path, 'attempts'], message });
  }
  if (check.method === 'HEAD') {
    for (const field of ['bodyIncludes', 'json'] as const) {
      if (check.expect[field] === undefined) continue;
      findings.push({ path: [...path, 'expect', field], message: 'the answer to HEAD has no body; use method GET' });
    }
  }
  return findings;
}

function gateProblems({ path, parsed: gate }: Part<MetricGate>): Finding[] {
  if (gate === undefined) return [];
  const findings: Finding[] = [];
  if (gate.min !== undefined && gate.max !== undefined && gate.min > gate.max) {
    findings.push({ path: [...path, 'min'], message: `is above max (${gate.max}), so no value can pass` });
  }
  if (gate.failureLimit >= gate.count) {
    const message = `tolerates all ${gate.count} measurements of \`count\`, so the gate could never fail; set at most ${gate.count - 1}`;
    findings.push({ path: [...path, 'failureLimit'], message });
  }
  return findings;
}

function blackoutProblems({ path, parsed: blackout }: Part<Blackout>): Finding[] {
  if (blackout === undefined) return [];
  if ('start' in blackout) {
    if (Date.parse(blackout.end) > Date.parse(blackout.start)) return [];
    return [{ path: [...path, 'end'], message: `is not after start (${blackout.start})` }];
  }
  const findings = zoneProblems([...path, 'timeZone'], blackout.timeZone);
  for (const [index, day] of blackout.days.entries()) {
    if (blackout.days.indexOf(day) !== index)
      findings.push({ path: [...path, 'days', index], message: `${day} stands twice` });
  }
  return findings;
}

/** A fixed offset is refused too: it would be an hour off for half of the year where clocks change. */
export function zoneProblems(path: Path, zone: string): Finding[] {
  if (!/^[+-]|^(etc\/)?gmt[+-]/i.test(zone) && IANAZone.isValidZone(zone)) return [];
  const message = `"${zone.slice(0, 80)}" is not a time zone of the IANA database; write e.g. Europe/Berlin or UTC`;
  return [{ path, message }];
}

/** A gate that looks back further than the bake lasts would judge the new pods by a time before they served. */
function bakeProblems({ gates, rollout }: Parts): Finding[] {
  const bake = rollout.parsed?.bakeSeconds ?? 0;
  if (bake === 0) return [];
  return gates.flatMap(({ path, parsed: gate }) => {
    if (gate === undefined || gate.windowSeconds <= bake) return [];
    const message = `looks back ${gate.windowSeconds} s but the bake lasts ${bake} s; raise policies.rollingUpdate.bakeSeconds or lower this`;
    return [{ path: [...path, 'windowSeconds'], message }];
  });
}

function approvalProblems({ rollout }: Parts): Finding[] {
  const approval = rollout.parsed?.approval;
  if (approval === undefined || approval.approvers.length === 0) return [];
  const people = new Set(approval.approvers).size;
  if (approval.minApprovals <= people) return [];
  const message = `asks for ${approval.minApprovals} approvals but names only ${people} ${people === 1 ? 'person' : 'people'} in approvers`;
  return [{ path: [...rollout.path, 'approval', 'minApprovals'], message }];
}
