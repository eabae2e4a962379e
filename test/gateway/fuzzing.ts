import * as fc from 'fast-check';

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Strings that have broken parsers before. */
const nasty = fc.constantFrom(
  ...['', ' ', '\u0000', '__proto__', 'constructor', '../../etc/passwd', '${jndi:ldap://x}', '{{7*7}}', '<!channel>'],
  ...['\ud800', '😀'.repeat(50), 'a'.repeat(3_000), '%00', "' OR 1=1 --", '2026-13-45T99:99:99Z', '1e999', '-0'],
);

function textOf(schema: Schema): fc.Arbitrary<unknown> {
  if (typeof schema['pattern'] === 'string' && schema['format'] === undefined)
    return fc.stringMatching(new RegExp(schema['pattern']));
  if (schema['format'] === 'date-time')
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01T00:00:00Z') })
      .map((date) => date.toISOString());
  const length = { minLength: count(schema['minLength'], 0), maxLength: Math.min(200, count(schema['maxLength'], 60)) };
  const time = fc.constantFrom('2026-11-21T10:00:00Z', '2026-11-21T10:00:00.123+01:00');
  return fc.oneof(fc.string({ ...length, unit: 'grapheme' }), time);
}

function objectOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = list(schema['required']).map(String);
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, entry]) => [name, valuesOf(entry)])),
    { requiredKeys: required.filter((name) => name in properties) },
  );
  const further = schema['additionalProperties'];
  if (!isSchema(further)) return known;
  return fc
    .tuple(known, fc.dictionary(fc.oneof(fc.string({ minLength: 1 }), nasty), valuesOf(further), { maxKeys: 8 }))
    .map(([mine, more]) => ({ ...more, ...(mine as object) }));
}

/** Values that a JSON schema, as the gateway describes its bodies, allows. */
export function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  if (!isSchema(schema)) return fc.jsonValue();
  const choice = [...list(schema['oneOf']), ...list(schema['anyOf'])];
  if (choice.length > 0) return fc.oneof(...choice.map(valuesOf));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const [min, max] = [count(schema['minimum'], -1_000), count(schema['maximum'], 1_000)];
  switch (schema['type']) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(valuesOf(schema['items']), {
        minLength: count(schema['minItems'], 0),
        maxLength: Math.min(4, count(schema['maxItems'], 4)),
      });
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min, max: Math.max(min, Math.min(max, 1_000_000)) });
    case 'number':
      return fc.double({ noNaN: true });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.jsonValue();
  }
}

/** Puts something else at one random place of a value. */
function spoiled(value: unknown, path: readonly number[], other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return other;
  const put = spoiled((value as Record<string, unknown>)[key], rest, other);
  if (Array.isArray(value)) return value.map((entry: unknown, index) => (String(index) === key ? put : entry));
  return { ...value, [key]: put };
}

/** Bodies for a schema: mostly what it allows, often with one thing wrong, sometimes no JSON at all. */
export function bodiesFor(schema: unknown): fc.Arbitrary<Buffer> {
  const good = valuesOf(schema);
  const other = fc.oneof(nasty, fc.jsonValue({ maxDepth: 4 }), fc.constant({ ['__proto__']: { admin: true } }));
  const wrong = fc
    .tuple(good, fc.array(fc.nat(20), { maxLength: 5 }), other)
    .map(([value, path, put]) => spoiled(value, path, put));
  const json = fc.oneof({ weight: 4, arbitrary: good }, { weight: 4, arbitrary: wrong }, fc.jsonValue());
  const deep = fc.integer({ min: 1, max: 2_000 }).map((levels) => '['.repeat(levels) + ']'.repeat(levels));
  const large = fc.integer({ min: 1, max: 300_000 }).map((size) => `{"a":"${'x'.repeat(size)}"}`);
  return fc.oneof(
    { weight: 8, arbitrary: json.map((value) => Buffer.from(JSON.stringify(value) ?? '')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.oneof(deep, large).map((text) => Buffer.from(text)) },
  );
}

const headerText = fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\t\x20-\x7e]/g, '').trim());

/** Headers that a sender should not send, and values that those it should send must not have. */
export const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'content-encoding',
    'accept',
    'x-request-id',
    'x-forwarded-for',
    'cookie',
    'if-match',
  ),
  fc.oneof(headerText, fc.constantFrom('gzip', 'application/json; charset=utf-16', 'text/xml', '*/*', '')),
  { maxKeys: 2 },
);

/** Paths near the real ones. */
export const oddPaths: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '/',
      '/alertmanager/',
      '/bots/',
      '/pagerduty/',
      '/slack/',
      '/metrics/',
      '/%2e%2e/',
      '//',
      '/openapi.json/',
    ),
    fc.oneof(fc.webPath(), fc.constantFrom('%zz', '%00', '__proto__', 'a'.repeat(500), 'am/..', 'am;x', 'am%2fx')),
  )
  .map(([base, rest]) => base + rest.replace(/^\//, ''));
