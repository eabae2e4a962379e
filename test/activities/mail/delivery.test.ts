import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { sendMailPage } from '../../../activities/mail/page.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import type { MailSink } from '../../../sandbox/mail/index.js';
import { environment } from '../http/inActivity.js';
import { delivery, everythingOf, page } from '../paging.js';
import { depsOf, localhost, login, LOGIN, Server } from './server.js';

let certificate: { cert: string; key: string };
beforeAll(async () => {
  certificate = await localhost();
});
const trusting = () => ({ ...depsOf(), tls: { ca: certificate.cert } });
let server: Server;
afterEach(() => server.sink.close());

describe('encryption', () => {
  test.each([
    ['starttls', false],
    ['tls', true],
  ])('%s, with a login', async (security, implicitTls) => {
    server = await Server.start({ ...LOGIN, tls: certificate, implicitTls });
    await server.send({ ...login, host: 'localhost', security }, {}, trusting());
    expect(server.sink.messages()).toMatchObject([{ secure: true, user: 'belay' }]);
  });

  test.each([
    ['starttls', false],
    ['tls', true],
  ])('%s never trusts a certificate of somebody else', async (security, implicitTls) => {
    server = await Server.start({ ...LOGIN, tls: certificate, implicitTls });
    await expect(server.send({ ...login, host: 'localhost', security })).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
    });
    expect(server.sink.messages()).toEqual([]);
  });

  test('the name in the certificate must be the host', async () => {
    server = await Server.start({ tls: certificate });
    await expect(server.send({ security: 'starttls' }, {}, trusting())).rejects.toMatchObject({
      ...{ type: 'MailRefused', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') },
    });
  });

  test('a server that does not encrypt gets nothing', async () => {
    server = await Server.start();
    await expect(server.send({ security: 'starttls' })).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('security: tls') },
    });
    expect(server.sink.messages()).toEqual([]);
  });

  test('none is for this machine alone', async () => {
    server = await Server.start();
    await expect(server.send({ host: 'mail.example.com' })).rejects.toMatchObject({
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
    server = await Server.start(LOGIN);
    server.sink.fail(failure);
    await expect(server.send(login)).rejects.toMatchObject({
      ...{ type: 'MailUnavailable', nonRetryable: false, message: expect.stringContaining(message) },
    });
    expect(server.sink.messages()).toEqual([]);
  });

  test.each<[string, Parameters<MailSink['fail']>[0], string]>([
    ['an unknown address', { with: 550, at: 'rcpt', text: 'no such user' }, '550 no such user"): check the address'],
    ['a sender that is not allowed', { with: 553, at: 'mail' }, 'send as `from`'],
    ['a mail that is not taken', { with: 554, at: 'data', text: 'spam' }, '554 spam'],
    ['a login that is not allowed', { with: 535, at: 'auth' }, 'check `user` and what `password` leads to'],
  ])('%s is final and says what to do', async (_, failure, message) => {
    server = await Server.start(LOGIN);
    server.sink.fail(failure);
    await expect(server.send(login)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining(message) },
    });
  });

  test.each<[string, object, string]>([
    ['a user without password', { user: 'belay' }, 'needs both `user` and `password`'],
    ['no login where one is wanted', {}, 'add `user` and `password`'],
  ])('%s is final', async (_, more, message) => {
    server = await Server.start(LOGIN);
    await expect(server.send(more)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining(message) },
    });
  });

  test('a mail whose reply was lost is sent again under the same id', async () => {
    server = await Server.start();
    server.sink.fail({ with: 'lost' });
    await expect(server.send()).rejects.toMatchObject({ type: 'MailUnavailable' });
    await server.send();
    const ids = server.sink.messages().map(({ messageId }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('nobody there is retried', async () => {
    server = await Server.start();
    await server.sink.close();
    await expect(server.send()).rejects.toMatchObject({ type: 'MailUnavailable', nonRetryable: false });
    server = await Server.start();
  });

  test('silence is given up after 10 s, and retried', async () => {
    server = await Server.start();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
    const before = Date.now();
    try {
      await expect(server.send({ port: (silent.address() as AddressInfo).port })).rejects.toMatchObject({
        ...{ type: 'MailUnavailable', nonRetryable: false },
      });
      expect(Date.now() - before).toBeGreaterThan(9_000);
    } finally {
      silent.close();
    }
  }, 30_000);

  test('a cancelled activity stops waiting at once', async () => {
    server = await Server.start();
    server.sink.fail({ with: 'hang' });
    const context = environment();
    const running = context.run((input: PageDelivery) => sendMailPage(depsOf(), input), delivery(server.channel()));
    setTimeout(() => context.cancel(), 300);
    const before = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  test('no failure carries the password, nor what was sent', async () => {
    const other = 'wrong-password-of-somebody';
    server = await Server.start(LOGIN);
    for (const failure of [535, 451, 554, 'cut', 'lost'] as const) {
      if (failure !== 535) server.sink.fail({ with: failure });
      const password = failure === 535 ? other : LOGIN.password;
      const everything = everythingOf(await server.send(login, {}, depsOf(password)).catch((e: unknown) => e));
      expect(everything).toContain('Mail channel');
      for (const secret of [LOGIN.password, other, 'No order since'])
        for (const form of [secret, Buffer.from(secret).toString('base64')]) expect(everything).not.toContain(form);
    }
  });

  test('a secret in a title or text does not reach the mail', async () => {
    server = await Server.start(LOGIN);
    await server.send(login, {
      pages: [page({ title: `x ${LOGIN.password}`, text: `with ${LOGIN.password} in it` })],
    });
    expect(JSON.stringify(server.sink.messages())).not.toContain(LOGIN.password);
  });
});
