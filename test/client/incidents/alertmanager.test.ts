import { describe, expect, test } from '@jest/globals';
import { alertmanagerBody, deliveryOf } from '../../../client/incidents/alertmanager.js';
import { deliveryId } from '../../../client/incidents/deliveryId.js';

const entry = {
  status: 'firing',
  labels: { alertname: 'DiskFull', host: 'db-1' },
  annotations: { summary: 'Disk of db-1 is full' },
  startsAt: '2026-11-21T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0',
  fingerprint: 'a1b2c3',
};
const body = { version: '4', groupKey: '{}:{alertname="DiskFull"}', receiver: 'belay', alerts: [entry] };

const take = (more: object = {}, alert: object = {}) =>
  deliveryOf('am', alertmanagerBody.parse({ ...body, alerts: [{ ...entry, ...alert }], ...more }), 5_000);
const first = (alert: object) => take({}, alert).alerts[0];

describe("Alertmanager's webhook", () => {
  test('an alert that fires', () => {
    expect(take().alerts).toEqual([
      {
        fingerprint: 'am/a1b2c3',
        status: 'firing',
        startsAt: Date.parse('2026-11-21T10:00:00.123Z'),
        name: 'DiskFull',
        labels: { alertname: 'DiskFull', host: 'db-1' },
        summary: 'Disk of db-1 is full',
        links: [{ title: 'Source', url: 'http://prometheus:9090/graph?g0' }],
      },
    ]);
  });

  test('one that is resolved has an end', () => {
    const endsAt = '2026-11-21T10:05:00Z';
    expect(first({ status: 'resolved', endsAt })).toMatchObject({ status: 'resolved', endsAt: Date.parse(endsAt) });
  });

  test.each([
    ['no fingerprint: made of the labels, whatever their order', { fingerprint: undefined }],
    ['an empty one', { fingerprint: '' }],
  ])('%s', (_name, missing) => {
    const turned = { labels: { host: 'db-1', alertname: 'DiskFull' } };
    expect(first({ ...missing, ...turned })?.fingerprint).toBe(first(missing)?.fingerprint);
    expect(first({ ...missing, labels: { alertname: 'Other' } })?.fingerprint).not.toBe(first(missing)?.fingerprint);
  });

  test.each([
    ['javascript:alert(1)'],
    ['file:///etc/passwd'],
    ['http://user:word@host/'],
    ['not an address'],
    [`http://host/${'a'.repeat(3_000)}`],
  ])('a link to %.40s is not shown', (generatorURL) => {
    expect(first({ generatorURL })).not.toHaveProperty('links');
  });

  test('runbook and dashboard come before the source', () => {
    const annotations = { runbook_url: 'https://wiki/disk', dashboard_url: 'https://graphs/disk' };
    expect(first({ annotations })?.links?.map(({ title }) => title)).toEqual(['Runbook', 'Dashboard', 'Source']);
  });

  test('labels are bounded, the important ones kept, and none is a name of objects', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`label${i}`, 'v'.repeat(5_000)]));
    const sent = JSON.parse(
      JSON.stringify({ ...many, severity: 'critical', alertname: 'X' }).replace(
        '{',
        '{"__proto__":"a","constructor":"b",',
      ),
    ) as Record<string, string>;
    const labels = first({ labels: sent })?.labels ?? {};
    expect(Object.keys(labels)).toHaveLength(64);
    expect(labels).toMatchObject({ severity: 'critical', alertname: 'X' });
    expect(Math.max(...Object.values(labels).map((value) => value.length))).toBe(1_024);
    expect(Object.keys(labels)).not.toEqual(expect.arrayContaining(['constructor']));
    expect(Object.hasOwn(labels, '__proto__')).toBe(false);
  });

  test('a long annotation is cut, its alert taken', () => {
    expect(first({ annotations: { summary: 's'.repeat(100_000) } })?.summary).toHaveLength(500);
  });

  test.each([
    ['another version', { version: '3' }],
    ['no alerts', { alerts: [] }],
    ['a status of its own', { alerts: [{ ...entry, status: 'suppressed' }] }],
    ['a time that is none', { alerts: [{ ...entry, startsAt: 'yesterday' }] }],
    ['a label that is no text', { alerts: [{ ...entry, labels: { a: 1 } }] }],
  ])('refused: %s', (_name, more) => {
    expect(alertmanagerBody.safeParse({ ...body, ...more }).success).toBe(false);
  });

  test('fields of newer versions are left aside', () => {
    expect(alertmanagerBody.safeParse({ ...body, notification_reason: 'repeat', more: { a: [] } }).success).toBe(true);
  });
});

describe('the identity of a delivery', () => {
  const one = { fingerprint: 'a', status: 'firing', startsAt: 1 };
  const two = { fingerprint: 'b', status: 'firing', startsAt: 2 };
  const id = deliveryId('am', 'g', [one, two]);

  test('order, address and annotations do not matter', () => {
    expect(deliveryId('am', 'g', [two, one])).toBe(id);
    const peer = take({ externalURL: 'http://peer-2:9093' }, { annotations: { summary: 'value 17' } });
    expect(deliveryId(peer.source, peer.group, peer.alerts)).toBe(deliveryId('am', take().group, take().alerts));
  });

  test.each([
    ['source', deliveryId('other', 'g', [one, two])],
    ['group', deliveryId('am', 'h', [one, two])],
    ['status', deliveryId('am', 'g', [{ ...one, status: 'resolved' }, two])],
    ['episode', deliveryId('am', 'g', [{ ...one, startsAt: 3 }, two])],
    ['members', deliveryId('am', 'g', [one])],
  ])('another %s is another delivery', (_name, other) => {
    expect(other).not.toBe(id);
  });
});
