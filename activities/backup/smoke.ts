import type { SmokeQuery } from '../../systems/backupSchema.js';
import { bounded } from '../secrets/redact.js';

/** What is wrong with the answer to a smoke query; undefined when it is as described. An answer that is text counts as number where one is asked for. */
export function smokeProblem(query: SmokeQuery, answer: unknown): string | undefined {
  const said = scalar(answer);
  const says = (what: string): string =>
    `${query.name}: ${what}, but the answer is ${bounded(JSON.stringify(said) ?? 'nothing', 120)}`;
  if (said === undefined) return says('a value is expected');
  if (query.equals !== undefined && String(said) !== String(query.equals)) {
    return says(`${JSON.stringify(query.equals)} is expected`);
  }
  if (query.min === undefined && query.max === undefined) return undefined;
  const value = typeof said === 'string' && said.trim() === '' ? Number.NaN : Number(said);
  if (Number.isNaN(value)) return says('a number is expected');
  if (query.min !== undefined && value < query.min) return says(`at least ${query.min} is expected`);
  if (query.max !== undefined && value > query.max) return says(`at most ${query.max} is expected`);
  return undefined;
}

function scalar(answer: unknown): string | number | boolean | undefined {
  if (answer === undefined || answer === null) return undefined;
  if (typeof answer === 'string' || typeof answer === 'number' || typeof answer === 'boolean') return answer;
  return typeof answer === 'bigint' ? Number(answer) : JSON.stringify(answer);
}
