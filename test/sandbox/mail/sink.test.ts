import { afterEach, describe, expect, test } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { createMailSink, type MailSink, type MailSinkOptions } from '../../../sandbox/mail/index.js';

let sink: MailSink;
let port = 0;
async function start(options: MailSinkOptions = {}): Promise<void> {
  sink = createMailSink(options);
  port = await sink.listen();
}
afterEach(() => sink.close());

const send = async (auth?: { user: string; pass: string }) => {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true, ...(auth && { auth }) });
  try {
    return await transport.sendMail({
      ...{ from: 'a@example.com', to: 'b@example.com', subject: 'Ünder', text: 'Hällo', html: '<b>Hällo</b>' },
      messageId: '<one@example.com>',
    });
  } finally {
    transport.close();
  }
};

describe('the mail sink', () => {
  test('keeps what it gets, decoded', async () => {
    await start();
    await send();
    expect(sink.messages()).toMatchObject([
      {
        ...{ from: 'a@example.com', to: ['b@example.com'], subject: 'Ünder', text: expect.stringContaining('Hällo') },
        ...{ html: '<b>Hällo</b>', messageId: '<one@example.com>', secure: false },
        headers: { 'message-id': '<one@example.com>' },
      },
    ]);
    sink.reset();
    expect(sink.messages()).toEqual([]);
  });

  test('asks for the right login', async () => {
    await start({ user: 'u', password: 'p' });
    await expect(send()).rejects.toMatchObject({ responseCode: 530 });
    await expect(send({ user: 'u', pass: 'wrong' })).rejects.toMatchObject({ responseCode: 535 });
    await send({ user: 'u', pass: 'p' });
    expect(sink.messages()).toMatchObject([{ user: 'u' }]);
  });

  test.each<[Parameters<MailSink['fail']>[0], object, number]>([
    [{ with: 421, at: 'connect' }, { responseCode: 421 }, 0],
    [{ with: 451, at: 'mail' }, { responseCode: 451 }, 0],
    [{ with: 550, at: 'rcpt' }, { responseCode: 550 }, 0],
    [{ with: 554, at: 'data' }, { responseCode: 554 }, 0],
    [{ with: 'cut', at: 'data' }, { code: 'ECONNECTION' }, 0],
    [{ with: 'lost', at: 'data' }, { code: 'ECONNECTION' }, 1],
  ])('%j, once', async (failure, error, kept) => {
    await start();
    sink.fail(failure);
    await expect(send()).rejects.toMatchObject(error);
    expect(sink.messages()).toHaveLength(kept);
    await send();
    expect(sink.messages()).toHaveLength(kept + 1);
  });

  test('can take its time', async () => {
    await start();
    sink.fail({ with: 'slow', delayMs: 300 });
    const before = Date.now();
    await send();
    expect(Date.now() - before).toBeGreaterThanOrEqual(295);
    expect(sink.messages()).toHaveLength(1);
  });
});
