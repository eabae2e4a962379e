import { afterEach, describe, expect, test } from '@jest/globals';
import { sendMailPage } from '../../../activities/mail/page.js';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import type { Notification } from '../../../activities/types.js';
import type { Channel } from '../../../systems/schema.js';
import { inActivity } from '../http/inActivity.js';
import { delivery, INCIDENT, notification, page } from '../paging.js';
import { depsOf, Server } from './server.js';

let server: Server;
afterEach(() => server.sink.close());

describe('a page by mail', () => {
  test('names severity and incident, to the person', async () => {
    server = await Server.start();
    const { reference } = await server.send({}, { pages: [page({ url: 'https://temporal.example/w/1?a=1&b=2' })] });
    const [mail, ...others] = server.sink.messages();
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
    server = await Server.start();
    await server.send();
    await server.send();
    await server.send({}, { key: 'another' });
    const [first, again, other] = server.sink.messages();
    expect(again?.messageId).toBe(first?.messageId);
    expect(other?.messageId).not.toBe(first?.messageId);
    expect(first?.headers['references']).toMatch(/^<belay\./);
    expect(other?.headers['references']).toBe(first?.headers['references']);
  });

  test('nothing in a title becomes a header or a tag', async () => {
    server = await Server.start();
    const title = 'Down\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>';
    const person = { name: 'Ada\r\nBcc: eve@example.com', email: 'ada@example.com' };
    await server.send({}, { person, pages: [page({ title, text: '<img src=x onerror="alert(1)"> & more' })] });
    const [mail] = server.sink.messages();
    expect(mail?.to).toEqual(['ada@example.com']);
    expect(Object.keys(mail?.headers ?? {})).not.toContain('bcc');
    expect(mail?.subject).toBe('[P1] Down Bcc: eve@example.com <script>alert(1)</script>');
    expect(mail?.html).toContain('&lt;script&gt;');
    expect(mail?.html).not.toMatch(/<script|<img/);
    expect(mail?.text).toContain('<img src=x onerror="alert(1)"> & more');
  });

  test.each([['javascript:alert(1)'], ['file:///etc/passwd'], ['https://']])('%s is no link', async (url) => {
    server = await Server.start();
    await server.send({}, { pages: [page({ url })] });
    expect(server.sink.messages()[0]?.html).not.toContain('href');
  });

  test('several pages are one mail, under the urgent one’s title', async () => {
    server = await Server.start();
    const pages = [
      page({ at: 1_000, title: 'Old and urgent' }),
      page({ at: 2_000, title: 'New', severity: 'P3', urgent: false, incident: 'incident/shop/disk/1' }),
    ];
    await server.send({}, { pages });
    const [mail] = server.sink.messages();
    expect(mail?.subject).toBe('[P1] Old and urgent (and 1 more)');
    expect(mail?.text.indexOf('New')).toBeGreaterThanOrEqual(0);
    expect(mail?.text.indexOf('New')).toBeLessThan(mail?.text.indexOf('Old and urgent') ?? 0);
    const many = Array.from({ length: 60 }, (_, n) => page({ at: n, title: `T${n}.` }));
    await server.send({}, { pages: many });
    expect(server.sink.messages()[1]?.text).toContain('40 further pages are not shown.');
    expect(server.sink.messages()[1]?.text).not.toContain('T39.');
  });

  test('a calm one has no raised priority', async () => {
    server = await Server.start();
    await server.send({}, { pages: [page({ urgent: false })] });
    expect(server.sink.messages()[0]?.headers['importance'] ?? 'normal').not.toMatch(/high/i);
  });

  test('a person without an address is final', async () => {
    server = await Server.start();
    const target = server.channel();
    const input = delivery(target);
    const { email: _, ...person } = input.person.person;
    const without = { ...input, person: { id: 'ada', person } };
    await expect(inActivity((given: PageDelivery) => sendMailPage(depsOf(), given), without)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('ada has no `email`') },
    });
  });
});

describe('the channel as a whole', () => {
  const lines: unknown[] = [];
  const tell = (target: Channel, more: Partial<Notification> = {}) =>
    inActivity(
      createNotifyActivities({ ...depsOf(), log: (fields, message) => lines.push({ ...fields, message }) }).notify,
      { channelName: 'board', channel: target, notification: notification(more) },
    );

  test('is one mail to all', async () => {
    server = await Server.start();
    const to = ['board@example.com', 'cto@example.com'];
    const { delivered, reference } = await tell(server.channel({ to }));
    expect({ delivered, reference }).toEqual({ delivered: true, reference: server.sink.messages()[0]?.messageId });
    expect(server.sink.messages()).toMatchObject([{ to, subject: 'Update of shop failed' }]);
  });

  test('is delivered when some recipients are refused, who are named in the log', async () => {
    server = await Server.start();
    lines.length = 0;
    server.sink.fail({ with: 550, at: 'rcpt', address: 'gone@example.com' });
    const sent = await tell(server.channel({ to: ['board@example.com', 'gone@example.com'] }));
    expect(sent).toEqual({ delivered: true, reference: expect.any(String) });
    expect(server.sink.messages()).toMatchObject([{ to: ['board@example.com'] }]);
    expect(lines).toMatchObject([{ channel: 'board', rejected: ['gone@example.com'] }]);
  });

  test('without readers is final', async () => {
    server = await Server.start();
    await expect(tell(server.channel())).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true, message: expect.stringContaining('add addresses to `to`') },
    });
  });
});
