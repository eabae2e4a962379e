import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { sendMailPage } from '../../../activities/mail/page.js';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import type { Notification } from '../../../activities/types.js';
import { createMailSink, type MailSink, type MailSinkOptions } from '../../../sandbox/mail/index.js';
import type { Channel } from '../../../systems/schema.js';
import { environment, inActivity } from '../http/inActivity.js';
import { delivery, everythingOf, INCIDENT, notification, page, secretsOf } from '../paging.js';

const LOGIN = { user: 'belay', password: 'correct-horse-battery' };
let sink: MailSink;
let port = 0;
let certificate: { cert: string; key: string };

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...{ keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(Date.now() - 60_000) },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  certificate = { cert: made.cert, key: made.private };
});

async function start(options: MailSinkOptions = {}): Promise<void> {
  sink = createMailSink(options);
  port = await sink.listen();
}
afterEach(() => sink.close());

const channel = (more: object = {}): Channel => ({
  type: 'mail',
  host: '127.0.0.1',
  port,
  security: 'none',
  from: 'belay@example.com',
  to: [],
  ...more,
});
const login = { user: LOGIN.user, password: 'env:PASSWORD' };
const deps = (password = LOGIN.password) => ({
  secrets: secretsOf({ PASSWORD: password }),
  tls: { ca: certificate.cert },
});

type More = Parameters<typeof delivery>[1];
const send = (target: Channel = channel(), more: More = {}, password?: string) =>
  inActivity((input: PageDelivery) => sendMailPage(deps(password), input), delivery(target, more));

describe('a page by mail', () => {
  test('names severity and incident, to the person', async () => {
    await start();
    const { reference } = await send(channel(), { pages: [page({ url: 'https://temporal.example/w/1?a=1&b=2' })] });
    const [mail, ...others] = sink.messages();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      ...{ from: 'belay@example.com', to: ['ada@example.com'], subject: '[P1] Checkout is down', secure: false },
      messageId: reference,
      headers: {
        ...{ from: 'Belay <belay@example.com>', to: 'Ada Lovelace <ada@example.com>' },
        ...{ 'auto-submitted': 'auto-generated', importance: 'High' },
      },
    });
    expect(reference).toMatch(/^<belay\.[0-9a-f]{40}@example\.com>$/);
    expect(mail?.text).toContain('No order since 10:02.');
    expect(mail?.text).toContain('https://temporal.example/w/1?a=1&b=2');
    expect(mail?.html).toContain('href="https://temporal.example/w/1?a=1&amp;b=2"');
    expect(mail?.text).toContain(INCIDENT);
  });

  test('a repeat has the same id, another bundle another one; both stand in one conversation', async () => {
    await start();
    await send();
    await send();
    await send(channel(), { key: 'another' });
    const [first, again, other] = sink.messages();
    expect(again?.messageId).toBe(first?.messageId);
    expect(other?.messageId).not.toBe(first?.messageId);
    expect(first?.headers['references']).toMatch(/^<belay\./);
    expect(other?.headers['references']).toBe(first?.headers['references']);
  });

  test('nothing in a title becomes a header or a tag', async () => {
    await start();
    const title = 'Down\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>';
    const person = { name: 'Ada\r\nBcc: eve@example.com', email: 'ada@example.com' };
    await send(channel(), { person, pages: [page({ title, text: '<img src=x onerror="alert(1)"> & more' })] });
    const [mail] = sink.messages();
    expect(mail?.to).toEqual(['ada@example.com']);
    expect(Object.keys(mail?.headers ?? {})).not.toContain('bcc');
    expect(mail?.subject).toBe('[P1] Down Bcc: eve@example.com <script>alert(1)</script>');
    expect(mail?.html).toContain('&lt;script&gt;');
    expect(mail?.html).not.toMatch(/<script|<img/);
    expect(mail?.text).toContain('<img src=x onerror="alert(1)"> & more');
  });

  test.each([['javascript:alert(1)'], ['file:///etc/passwd'], ['https://']])('%s is no link', async (url) => {
    await start();
    await send(channel(), { pages: [page({ url })] });
    expect(sink.messages()[0]?.html).not.toContain('href');
  });

  test('several pages are one mail, under the urgent one’s title', async () => {
    await start();
    const pages = [
      page({ at: 1_000, title: 'Old and urgent' }),
      page({ at: 2_000, title: 'New', severity: 'P3', urgent: false, incident: 'incident/shop/disk/1' }),
    ];
    await send(channel(), { pages });
    const [mail] = sink.messages();
    expect(mail?.subject).toBe('[P1] Old and urgent (and 1 more)');
    expect(mail?.text.indexOf('New')).toBeGreaterThanOrEqual(0);
    expect(mail?.text.indexOf('New')).toBeLessThan(mail?.text.indexOf('Old and urgent') ?? 0);
    const many = Array.from({ length: 60 }, (_, n) => page({ at: n, title: `T${n}.` }));
    await send(channel(), { pages: many });
    expect(sink.messages()[1]?.text).toContain('40 further pages are not shown.');
    expect(sink.messages()[1]?.text).not.toContain('T39.');
  });

  test('a calm one has no raised priority', async () => {
    await start();
    await send(channel(), { pages: [page({ urgent: false })] });
    expect(sink.messages()[0]?.headers['importance'] ?? 'normal').not.toMatch(/high/i);
  });

  test('a person without an address is final', async () => {
    await start();
    const target = channel();
    const input = delivery(target);
    const { email: _, ...person } = input.person.person;
    const without = { ...input, person: { id: 'ada', person } };
    await expect(inActivity((given: PageDelivery) => sendMailPage(deps(), given), without)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('ada has no `email`') },
    });
  });
});

describe('the channel as a whole', () => {
  const lines: unknown[] = [];
  const tell = (target: Channel, more: Partial<Notification> = {}) =>
    inActivity(
      createNotifyActivities({ ...deps(), log: (fields, message) => lines.push({ ...fields, message }) }).notify,
      { channelName: 'board', channel: target, notification: notification(more) },
    );

  test('is one mail to all', async () => {
    await start();
    const to = ['board@example.com', 'cto@example.com'];
    const { delivered, reference } = await tell(channel({ to }));
    expect({ delivered, reference }).toEqual({ delivered: true, reference: sink.messages()[0]?.messageId });
    expect(sink.messages()).toMatchObject([{ to, subject: 'Update of shop failed' }]);
  });

  test('is delivered when some recipients are refused, who are named in the log', async () => {
    await start();
    lines.length = 0;
    sink.fail({ with: 550, at: 'rcpt', address: 'gone@example.com' });
    const sent = await tell(channel({ to: ['board@example.com', 'gone@example.com'] }));
    expect(sent).toEqual({ delivered: true, reference: expect.any(String) });
    expect(sink.messages()).toMatchObject([{ to: ['board@example.com'] }]);
    expect(lines).toMatchObject([{ channel: 'board', rejected: ['gone@example.com'] }]);
  });

  test('without readers is final', async () => {
    await start();
    await expect(tell(channel())).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('add addresses to `to`') },
    });
  });
});

describe('encryption', () => {
  test.each([
    ['starttls', false],
    ['tls', true],
  ])('%s, with a login', async (security, implicitTls) => {
    await start({ ...LOGIN, tls: certificate, implicitTls });
    await send(channel({ ...login, host: 'localhost', security }));
    expect(sink.messages()).toMatchObject([{ secure: true, user: 'belay' }]);
  });

  test.each([
    ['starttls', false],
    ['tls', true],
  ])('%s never trusts a certificate of somebody else', async (security, implicitTls) => {
    await start({ ...LOGIN, tls: certificate, implicitTls });
    const unknown = { secrets: secretsOf({ PASSWORD: LOGIN.password }) };
    const input = delivery(channel({ ...login, host: 'localhost', security }));
    await expect(inActivity((given: PageDelivery) => sendMailPage(unknown, given), input)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
    });
    expect(sink.messages()).toEqual([]);
  });

  test('the name in the certificate must be the host', async () => {
    await start({ tls: certificate });
    await expect(send(channel({ security: 'starttls' }))).rejects.toMatchObject({
      ...{ type: 'MailRefused', message: expect.stringContaining('is not trusted') },
    });
  });

  test('a server that does not encrypt gets nothing', async () => {
    await start();
    await expect(send(channel({ security: 'starttls' }))).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('security: tls') },
    });
    expect(sink.messages()).toEqual([]);
  });

  test('none is for this machine alone', async () => {
    await start();
    await expect(send(channel({ host: 'mail.example.com' }))).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('on the same machine') },
    });
  });
});

describe('failures', () => {
  test.each<[string, Parameters<MailSink['fail']>[0], string]>([
    [
      'greylisting',
      { with: 451, at: 'rcpt', text: 'try again later' },
      'asks to try again later ("451 try again later")',
    ],
    ['a full queue', { with: 452, at: 'mail' }, 'asks to try again later'],
    ['a busy server', { with: 421, at: 'connect' }, 'asks to try again later'],
    ['a mail that is not taken now', { with: 450, at: 'data' }, 'asks to try again later'],
    ['a login that is not possible now', { with: 454, at: 'auth' }, 'asks to try again later'],
    ['a cut connection', { with: 'cut', at: 'data' }, 'could not be reached'],
    ['a connection cut at once', { with: 'cut', at: 'connect' }, 'could not be reached'],
  ])('%s is retried', async (_, failure, message) => {
    await start(LOGIN);
    sink.fail(failure);
    await expect(send(channel(login))).rejects.toMatchObject({
      ...{ type: 'MailUnavailable', nonRetryable: false, message: expect.stringContaining(message) },
    });
    expect(sink.messages()).toEqual([]);
  });

  test.each<[string, Parameters<MailSink['fail']>[0], string]>([
    ['an unknown address', { with: 550, at: 'rcpt', text: 'no such user' }, '550 no such user"): check the address'],
    ['a sender that is not allowed', { with: 553, at: 'mail' }, 'send as `from`'],
    ['a mail that is not taken', { with: 554, at: 'data', text: 'spam' }, '554 spam'],
    ['a login that is not allowed', { with: 535, at: 'auth' }, 'check `user` and what `password` leads to'],
  ])('%s is final and says what to do', async (_, failure, message) => {
    await start(LOGIN);
    sink.fail(failure);
    await expect(send(channel(login))).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining(message) },
    });
  });

  test.each<[string, object, string]>([
    ['a user without password', { user: 'belay' }, 'needs both `user` and `password`'],
    ['no login where one is wanted', {}, 'add `user` and `password`'],
  ])('%s is final', async (_, more, message) => {
    await start(LOGIN);
    await expect(send(channel(more))).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining(message) },
    });
  });

  test('a mail whose reply was lost is sent again under the same id', async () => {
    await start();
    sink.fail({ with: 'lost' });
    await expect(send()).rejects.toMatchObject({ type: 'MailUnavailable' });
    await send();
    const ids = sink.messages().map(({ messageId }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('nobody there is retried', async () => {
    await start();
    await sink.close();
    await expect(send()).rejects.toMatchObject({ type: 'MailUnavailable', nonRetryable: false });
    await start();
  });

  test('silence is given up after 10 s, and retried', async () => {
    await start();
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
    const before = Date.now();
    try {
      await expect(send(channel({ port: (silent.address() as AddressInfo).port }))).rejects.toMatchObject({
        ...{ type: 'MailUnavailable', nonRetryable: false },
      });
      expect(Date.now() - before).toBeGreaterThan(9_000);
    } finally {
      silent.close();
    }
  }, 30_000);

  test('a cancelled activity stops waiting at once', async () => {
    await start();
    sink.fail({ with: 'hang' });
    const context = environment();
    const running = context.run((input: PageDelivery) => sendMailPage(deps(), input), delivery(channel()));
    setTimeout(() => context.cancel(), 300);
    const before = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  test('no failure carries the password, nor what was sent', async () => {
    const other = 'wrong-password-of-somebody';
    await start(LOGIN);
    for (const failure of [535, 451, 554, 'cut', 'lost'] as const) {
      if (failure !== 535) sink.fail({ with: failure });
      const password = failure === 535 ? other : LOGIN.password;
      const everything = everythingOf(await send(channel(login), {}, password).catch((e: unknown) => e));
      expect(everything).toContain('Mail channel');
      for (const secret of [LOGIN.password, other, 'No order since'])
        for (const form of [secret, Buffer.from(secret).toString('base64')]) expect(everything).not.toContain(form);
    }
  });

  test('a secret in a title or text does not reach the mail', async () => {
    await start(LOGIN);
    await send(channel(login), {
      pages: [page({ title: `x ${LOGIN.password}`, text: `with ${LOGIN.password} in it` })],
    });
    expect(JSON.stringify(sink.messages())).not.toContain(LOGIN.password);
  });
});
