import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { verifyPagerduty } from '../../../client/gateway/security/pagerdutySignature.js';
import { verifySlack } from '../../../client/gateway/security/slackSignature.js';

const NOW = 1_800_000_000_000;
const SECRET = 'the-signing-secret';
const NEXT = 'the-next-signing-secret';
const BODY = Buffer.from('payload=%7B%22type%22%3A%22block_actions%22%7D&ü=\u0000');

const hex = (secret: string, ...parts: (string | Buffer)[]): string => {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
};
const seconds = (offset: number): string => String(NOW / 1000 + offset);
const slackSigned = (timestamp: string, secret = SECRET, body = BODY): string =>
  `v0=${hex(secret, `v0:${timestamp}:`, body)}`;

describe('Slack', () => {
  const genuine: [string, string, string[]][] = [
    ['now', seconds(0), [SECRET]],
    ['300 s old', seconds(-300), [SECRET]],
    ['300 s ahead', seconds(300), [SECRET]],
    ['the old secret of two', seconds(0), [NEXT, SECRET]],
  ];
  test.each(genuine)('takes what it signed: %s', (_name, timestamp, secrets) => {
    const request = { rawBody: BODY, timestamp, signature: slackSigned(timestamp) };
    expect(verifySlack(request, secrets, NOW)).toEqual({ genuine: true });
  });

  test('takes what the newer of two secrets signed', () => {
    const request = { rawBody: BODY, timestamp: seconds(0), signature: slackSigned(seconds(0), NEXT) };
    expect(verifySlack(request, [SECRET, NEXT], NOW)).toEqual({ genuine: true });
  });

  /** Correctly signed over the very time stamp that is sent: only the rule for time stamps can refuse it. */
  const stamps: [string, string, string][] = [
    ['301 s old', seconds(-301), 'stale'],
    ['301 s ahead', seconds(301), 'stale'],
    ['a year ahead', seconds(31_536_000), 'stale'],
    ['of 1970', '1', 'stale'],
    ['a fraction', `${seconds(0)}.0`, 'malformed'],
    ['an exponent', '1.8e9', 'malformed'],
    ['a sign', `+${seconds(0)}`, 'malformed'],
    ['negative', `-${seconds(0)}`, 'malformed'],
    ['a blank before', ` ${seconds(0)}`, 'malformed'],
    ['a blank after', `${seconds(0)} `, 'malformed'],
    ['a line end after', `${seconds(0)}\n`, 'malformed'],
    ['hexadecimal', '0x6b49d200', 'malformed'],
    ['leading zero', `0${seconds(0)}`, 'malformed'],
    ['not a number', 'NaN', 'malformed'],
    ['infinite', 'Infinity', 'malformed'],
    ['milliseconds', String(NOW), 'stale'],
    ['two of them', `${seconds(0)}, ${seconds(0)}`, 'malformed'],
    ['empty', '', 'missing'],
  ];
  test.each(stamps)('refuses a time stamp that is %s', (_name, timestamp, reason) => {
    const request = { rawBody: BODY, timestamp, signature: slackSigned(timestamp) };
    expect(verifySlack(request, [SECRET], NOW)).toEqual({ genuine: false, reason });
  });

  const right = slackSigned(seconds(0));
  const signatures: [string, string | undefined, string][] = [
    ['missing', undefined, 'missing'],
    ['empty', '', 'missing'],
    ['of another secret', slackSigned(seconds(0), NEXT), 'wrong'],
    ['of another body', slackSigned(seconds(0), SECRET, Buffer.from('payload=x')), 'wrong'],
    ['of another time', slackSigned(seconds(1)), 'wrong'],
    ['wrong in its last digit', right.slice(0, -1) + (right.endsWith('0') ? '1' : '0'), 'wrong'],
    ['without its version', right.slice(3), 'malformed'],
    ['of another version', right.replace('v0=', 'v1='), 'malformed'],
    ['too short', right.slice(0, -2), 'malformed'],
    ['too long', `${right}00`, 'malformed'],
    ['not hexadecimal', `v0=${'g'.repeat(64)}`, 'malformed'],
    ['two of them', `${right},${right}`, 'malformed'],
  ];
  test.each(signatures)('refuses a signature that is %s', (_name, signature, reason) => {
    const request = { rawBody: BODY, timestamp: seconds(0), signature };
    expect(verifySlack(request, [SECRET], NOW)).toEqual({ genuine: false, reason });
  });

  test('refuses everything when there is no secret', () => {
    const request = { rawBody: BODY, timestamp: seconds(0), signature: `v0=${hex('', `v0:${seconds(0)}:`, BODY)}` };
    expect(verifySlack(request, [], NOW)).toEqual({ genuine: false, reason: 'wrong' });
  });

  test('refuses a body of which one byte has changed', () => {
    const changed = Buffer.from(BODY);
    changed[3] = (changed[3] ?? 0) ^ 1;
    expect(verifySlack({ rawBody: changed, timestamp: seconds(0), signature: right }, [SECRET], NOW)).toEqual({
      genuine: false,
      reason: 'wrong',
    });
  });
});

describe('PagerDuty', () => {
  const v1 = (secret = SECRET, body = BODY): string => `v1=${hex(secret, body)}`;
  const unknown = `v2=${'A'.repeat(44)}`;
  const lists: [string, string | undefined, string[], string][] = [
    ['its one signature', v1(), [SECRET], 'genuine'],
    ['one of two signatures', `${v1(NEXT)},${v1()}`, [SECRET], 'genuine'],
    ['a blank after the comma', `${v1(NEXT)}, ${v1()}`, [SECRET], 'genuine'],
    ['one of two secrets', v1(NEXT), [SECRET, NEXT], 'genuine'],
    ['an unknown version beside ours', `${unknown},${v1()}`, [SECRET], 'genuine'],
    ['an unknown version alone', unknown, [SECRET], 'wrong'],
    ['our bytes under an unknown version', v1().replace('v1', 'v2'), [SECRET], 'wrong'],
    ['another secret', v1(NEXT), [SECRET], 'wrong'],
    ['another body', v1(SECRET, Buffer.from('{}')), [SECRET], 'wrong'],
    ['no secret', v1(''), [], 'wrong'],
    ['no header', undefined, [SECRET], 'missing'],
    ['an empty header', '', [SECRET], 'missing'],
    ['no version', hex(SECRET, BODY), [SECRET], 'malformed'],
    ['an empty entry', `${v1()},`, [SECRET], 'malformed'],
    ['a short signature', v1().slice(0, -1), [SECRET], 'malformed'],
    ['capitals', v1().toUpperCase(), [SECRET], 'malformed'],
    ['seventeen signatures', Array.from({ length: 17 }, () => v1()).join(','), [SECRET], 'malformed'],
    ['a text that only holds the right one', `x${v1()}`, [SECRET], 'malformed'],
  ];
  test.each(lists)('%s', (_name, header, secrets, expected) => {
    expect(verifyPagerduty(BODY, header, secrets)).toEqual(
      expected === 'genuine' ? { genuine: true } : { genuine: false, reason: expected },
    );
  });
});
