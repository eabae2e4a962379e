import { describe, expect, test } from '@jest/globals';
import { parseCommand, spanMs } from '../../../client/gateway/slack/commandText.js';
import { parseCommandForm, parseInteraction } from '../../../client/gateway/slack/form.js';
import { allowedResponseUrl } from '../../../client/gateway/slack/respond.js';
import { pressForm } from './place.js';

describe('where answers may go', () => {
  const configured = ['http://127.0.0.1:4123/api/'];
  test.each([
    ['https://hooks.slack.com/actions/T0/1/x', true],
    ['https://hooks.slack.com:443/actions/T0/1/x', true],
    ['http://127.0.0.1:4123/response/x', true],
    ['http://hooks.slack.com/actions/T0/1/x', false],
    ['https://hooks.slack.com:8443/x', false],
    ['https://hooks.slack.com.example.com/x', false],
    ['https://example.com/hooks.slack.com', false],
    ['https://hooks.slack.com@example.com/x', false],
    ['https://user:pass@hooks.slack.com/x', false],
    ['https://127.0.0.1:4123/response/x', false],
    ['http://127.0.0.1:4124/response/x', false],
    ['http://localhost:4123/response/x', false],
    ['http://169.254.169.254/latest/meta-data', false],
    ['file:///etc/passwd', false],
    ['not a url', false],
    [undefined, false],
  ])('%s: %s', (url, allowed) => {
    expect(allowedResponseUrl(url, configured) !== undefined).toBe(allowed);
  });
});

describe('what was typed', () => {
  test.each([
    ['', { name: 'help' }],
    ['help', { name: 'help' }],
    ['incidents', { name: 'incidents' }],
    ['  INCIDENTS  ', { name: 'incidents' }],
    ['oncall', { name: 'oncall' }],
    ['show abcd', { name: 'show', id: 'abcd' }],
    ['ack abcd', { name: 'acknowledge', id: 'abcd' }],
    ['ack abcd on my way', { name: 'acknowledge', id: 'abcd', reason: 'on my way' }],
    ['escalate abcd', { name: 'escalate', id: 'abcd' }],
    ['resolve abcd   cleaned   up', { name: 'resolve', id: 'abcd', reason: 'cleaned up' }],
    ['note abcd two words', { name: 'note', id: 'abcd', text: 'two words' }],
    ['snooze abcd 2h', { name: 'snooze', id: 'abcd', ms: 7_200_000 }],
    ['open P1 It burns', { name: 'open', words: ['P1', 'It', 'burns'] }],
  ])('%j', (text, command) => {
    expect(parseCommand(text)).toEqual(command);
  });

  test.each(['show', 'ack', 'note abcd', 'snooze abcd', 'snooze abcd 0m', 'open P1', 'delete abcd', 'constructor x'])(
    '%j is answered with help',
    (text) => {
      expect(parseCommand(text)).toMatchObject({ name: 'help', problem: expect.any(String) });
    },
  );

  test.each([
    ['30m', 1_800_000],
    ['1d', 86_400_000],
    ['0h', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['2', undefined],
    ['2w', undefined],
  ])('%s is %p ms', (text, ms) => {
    expect(spanMs(text)).toBe(ms);
  });
});

describe('request ids', () => {
  const press = (more: Partial<Parameters<typeof pressForm>[0]> = {}) =>
    parseInteraction(
      new URLSearchParams(pressForm({ user: 'U0ROB', action: 'incident_acknowledge', value: 'v', ...more })),
    )?.requestId;

  test('are the same for the same press, whatever else the request holds', () => {
    expect(press()).toBe(press({ responseUrl: 'https://hooks.slack.com/x', value: 'other' }));
    expect(press()).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['another person', { user: 'U0LEE' }],
    ['another workspace', { team: 'T0OTHER' }],
    ['another moment', { actionTs: '1700000000.000101' }],
    ['another button', { action: 'incident_resolve' }],
  ])('differ for %s', (_name, more) => {
    expect(press(more)).not.toBe(press());
  });

  test('of commands are those of what was typed, not of the text', () => {
    const command = (trigger: string, text = 'incidents') =>
      parseCommandForm(
        new URLSearchParams({ command: '/belay', text, team_id: 'T0', user_id: 'U0ROB', trigger_id: trigger }),
      ).requestId;
    expect(command('a')).toBe(command('a'));
    expect(command('a')).not.toBe(command('b'));
  });
});
