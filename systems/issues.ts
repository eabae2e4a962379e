import type { z } from 'zod';
import type { Finding, Path } from './problem.js';
import { knownFields } from './knownFields.js';
import { suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** Every problem that zod saw, in words that name cause and cure. `value` is what was parsed. */
export function explainIssues(schema: z.ZodType, value: unknown, issues: readonly Issue[]): Finding[] {
  return issues.flatMap((issue) => explain(schema, value, issue, []));
}

function explain(schema: z.ZodType, value: unknown, issue: Issue, base: Path): Finding[] {
  const path: Path = [...base, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  const found = valueAt(value, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownFields(schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownField(key, known, found, issue.keys) }));
    }
    case 'invalid_union':
      return explainUnion(schema, value, issue, path);
    case 'invalid_value':
      return [{ path, message: notOneOf(found, issue.values.map(String)) }];
    case 'invalid_type':
      return [{ path, message: wrongType(found, issue.expected) }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: `this name ${lower(inner.message)}` }));
    case 'too_small':
      return [{ path, message: bound(found, issue.origin, 'at least', issue.minimum, issue.inclusive) }];
    case 'too_big':
      return [{ path, message: bound(found, issue.origin, 'at most', issue.maximum, issue.inclusive) }];
    default:
      return [{ path, message: lower(issue.message) }];
  }
}

/** Reports the variant that the writer most likely meant: the one with the fewest unknown and missing fields. */
function explainUnion(schema: z.ZodType, value: unknown, issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
  const found = valueAt(value, path);
  const variants = issue.errors.map((errors) => errors.filter(Boolean));
  if ('options' in issue && Array.isArray(issue.options))
    return [{ path, message: notOneOf(found, issue.options.map(String)) }];
  const onlyTypes = variants.every((errors) =>
    errors.every((e) => e.path.length === 0 && e.code !== 'unrecognized_keys'),
  );
  if (onlyTypes) {
    const wanted = variants.flat().flatMap((e) => {
      if (e.code === 'invalid_type') return [e.expected === 'object' ? fieldsOf(schema, path) : article(e.expected)];
      return e.code === 'invalid_value' ? e.values.map((v) => JSON.stringify(v)) : [];
    });
    if (wanted.length > 0) return [{ path, message: `${is(found)}; must be ${[...new Set(wanted)].join(' or ')}` }];
  }
  const choices = variants.map(missingField);
  if (choices.every((choice) => choice !== undefined)) {
    const names = [...new Set(choices)].map((name) => `\`${name}\``);
    return [{ path, message: `must say one of ${names.join(', ')}` }];
  }
  const weight = (errors: readonly Issue[]) =>
    errors.reduce((sum, e) => sum + (e.code === 'unrecognized_keys' ? e.keys.length : e.path.length === 0 ? 10 : 1), 0);
  const best = variants.toSorted((a, b) => weight(a) - weight(b))[0] ?? [];
  const findings = best.flatMap((inner) => explain(schema, value, inner, path));
  return findings.length > 0 ? findings : [{ path, message: lower(issue.message) }];
}

/** The one field that a variant lacks, if that is all it has against the value. */
function missingField(errors: readonly Issue[]): string | undefined {
  const [only, ...others] = errors;
  const isMissing =
    only?.code === 'invalid_type' && only.path.length === 1 && only.message.endsWith('received undefined');
  return isMissing && others.length === 0 ? String(only.path[0]) : undefined;
}

/** A field that another variant of the same object has is known, but does not go with the others. */
function unknownField(key: string, known: string[], found: unknown, unknown: readonly string[]): string {
  if (!known.includes(key)) return `unknown field; ${suggest(key, known, 'known fields')}`;
  const beside = Object.keys(found ?? {}).filter((other) => !unknown.includes(other));
  return `does not go with ${beside.map((other) => `\`${other}\``).join(', ')}; remove the one or the other`;
}

function fieldsOf(schema: z.ZodType, path: Path): string {
  const known = knownFields(schema, path).slice(0, 6);
  return known.length > 0 ? `an object with fields (${known.join(', ')})` : article('object');
}

function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

function notOneOf(found: unknown, known: string[]): string {
  const list = known.map((value) => `"${value}"`).join(', ');
  const wanted = known.length === 1 ? `must be ${list}` : `must be one of ${list}`;
  if (found === undefined) return `is missing; ${wanted}`;
  if (typeof found !== 'string') return `${is(found)}; ${wanted}`;
  return `"${found.slice(0, 40)}" is not allowed; ${wanted}`;
}

function wrongType(found: unknown, expected: string): string {
  if (found === undefined) return `is missing; must be ${article(expected)}`;
  const quote = expected === 'string' && (typeof found === 'number' || typeof found === 'boolean');
  return `${is(found)}; must be ${article(expected)}${quote ? ' (write it in quotes)' : ''}`;
}

function bound(found: unknown, origin: string, word: string, limit: number | bigint, inclusive = true): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
  if (origin === 'string' && limit === 1) return 'is empty; must say something';
  if (origin === 'array' && limit === 1 && word === 'at least') return 'is empty; must have at least one entry';
  const have =
    typeof found === 'number' ? `is ${found}` : hasLength(found) ? `has ${found.length}${unit}` : 'is out of range';
  const than = word === 'at least' ? 'more than' : 'less than';
  return `${have}; must be ${inclusive ? word : than} ${limit}${unit}`;
}

function hasLength(value: unknown): value is { length: number } {
  return typeof value === 'string' || Array.isArray(value);
}

function is(found: unknown): string {
  if (found === null) return 'is empty';
  if (Array.isArray(found)) return 'is a list';
  if (typeof found === 'number' && !Number.isInteger(found)) return `is ${found}`;
  return `is ${article(typeof found)}`;
}

function article(type: string): string {
  const names: Record<string, string> = {
    int: 'a whole number',
    array: 'a list',
    record: 'a map of names to values',
    object: 'an object with fields',
    boolean: 'true or false',
    number: 'a number',
    string: 'a text',
    date: 'a date',
  };
  return names[type] ?? type;
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
