import type { Alert } from '../sender.js';
import { teamsOf, type Shape } from '../system.js';

/** One alert for each of `count` incidents, team by team in turn. */
export function openings(shape: Shape, count: number): Alert[] {
  const teams = teamsOf(shape);
  return Array.from({ length: count }, (_, n) => {
    const { system, team } = teams[n % teams.length] ?? { system: '', team: '' };
    return { system, team, group: `group-${n}`, name: `HighErrorRate${n}` };
  });
}

/** `count` different alerts of `groups` incidents, in turn. */
export function members(shape: Shape, count: number, groups: number): Alert[] {
  const teams = teamsOf(shape);
  return Array.from({ length: count }, (_, n) => {
    const group = n % groups;
    const { system, team } = teams[group % teams.length] ?? { system: '', team: '' };
    return { system, team, group: `group-${group}`, name: `HighErrorRate${n}` };
  });
}
