import { describe, expect, test } from '@jest/globals';
import { occurring } from '../../../../activities/kubernetes/emergency/evidence/occurring.js';
import { evidenceRedactor } from '../../../../activities/kubernetes/emergency/evidence/redactor.js';
import type { Pod } from '../../../../activities/kubernetes/model/objects.js';
import { pod } from '../samples.js';

const withContainer = (container: object, annotations: Record<string, string> = {}): Pod => {
  const sample = pod('web-1');
  const spec = { containers: [{ name: 'app', image: 'team/web:2.0', ...container }] };
  return { ...sample, metadata: { ...sample.metadata, annotations }, spec };
};
const envOf = (value: string) => withContainer({ env: [{ name: 'X', value }] });

describe('occurring', () => {
  const find = occurring(['longest-value', 'value', 'abcd', 'zzzz', '日本語の値']);
  test.each<[string, string[]]>([
    ['', []],
    ['abc', []],
    ['abcd', ['abcd']],
    ['a longest-value, abcd', ['longest-value', 'value', 'abcd']],
    ['これは日本語の値です', ['日本語の値']],
  ])('%p', (text, expected) => expect(find(text)).toEqual(expected));

  test('hundreds of logs and thousands of values take less than seconds', () => {
    const values = Array.from({ length: 5_000 }, (_, index) => `http://service-${index}.example.com/${index * 7_919}`);
    const search = occurring(values);
    const log = 'level=info msg="GET http://service-42.example.com/332598 200 in 12 ms"\n'.repeat(300);
    const started = performance.now();
    for (let times = 0; times < 100; times++) expect(search(log)).toContain(values[42]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('evidenceRedactor', () => {
  const secret = 'S3cr3t-Marker/99';
  test.each<[string, Pod, string]>([
    ['an env value', envOf(secret), `it is ${secret}!`],
    ['the password of a URL in env, alone', envOf(`postgres://u:${secret}@db/x`), `it is ${secret}!`],
    ['an argument', withContainer({ args: [`--password=${secret}`] }), `it is ${secret}!`],
    ['a part of a script', withContainer({ command: ['sh', '-c', `PW=${secret} run`] }), `it is ${secret}!`],
    ['an annotation', withContainer({}, { 'vault/token': secret }), `it is ${secret}!`],
    ['a part of an annotation', withContainer({}, { last: JSON.stringify({ a: [secret] }) }), `it is ${secret}!`],
    ['base64', envOf(secret), `it is ${Buffer.from(secret).toString('base64')}!`],
    ['in a URL', envOf(secret), `it is ${encodeURIComponent(secret)}!`],
  ])('hides %s', (_, sample, line) => {
    const hidden = evidenceRedactor([sample], ['web'])(line);
    expect(hidden).toMatch(/^it is \[redacted\]=*!$/);
  });

  test.each([
    ['db_password=hunter2 next', 'db_password=[redacted] next'],
    ['{"apiKey": "abc123"}', '{"apiKey": "[redacted]"}'],
    ['authorization: Bearer abcdefgh12345', 'authorization: Bearer [redacted]'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def end', 'jwt [redacted] end'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b', 'a [redacted] b'],
    ['AKIAABCDEFGHIJKLMNOP', '[redacted]'],
  ])('hides what looks like a secret: %s', (line, expected) => {
    expect(evidenceRedactor([], [])(line)).toBe(expected);
  });

  test('leaves ordinary lines readable', () => {
    const sample = withContainer({
      command: ['gunicorn', '--workers', '4', 'serve'],
      env: [{ name: 'MODE', value: 'production' }],
    });
    const line = '2026-05-01T10:00:00Z level=info msg="serve production web on 8080 with gunicorn"';
    expect(evidenceRedactor([sample], ['web'])(line)).toBe(line);
  });
});
