import { describe, expect, test } from '@jest/globals';
import { channelSchema } from '../../systems/schema.js';

const page = { type: 'statuspage', pageId: 'gytm4qzbx9t6', token: 'env:STATUSPAGE_API_KEY' };

describe('a status page as a channel', () => {
  test.each<[string, object]>([
    ['the least', {}],
    ['another address', { apiUrl: 'http://127.0.0.1:8080/v1' }],
    ['components and impact', { components: ['8kbf7d35c070', 'vtnh60py4yd7'], impact: 'critical' }],
    ['a name of its own', { incidentName: 'Web shop disruption' }],
  ])('takes %s', (_, more) => {
    expect(channelSchema.parse({ ...page, ...more })).toEqual({ ...page, ...more });
  });

  test.each<[string, object, (string | number)[]]>([
    ['a literal key', { token: '89a229ce1a8dbcf9ff30430fbe35eb4c' }, ['token']],
    ['no key', { token: undefined }, ['token']],
    ['no page', { pageId: undefined }, ['pageId']],
    ['an address for an id', { pageId: 'https://status.example.com' }, ['pageId']],
    ['a path in an id', { pageId: '../users' }, ['pageId']],
    ['the name of a component', { components: ['Web shop'] }, ['components', 0]],
    ['an unknown impact', { impact: 'huge' }, ['impact']],
    ['an address that is none', { apiUrl: 'statuspage' }, ['apiUrl']],
    ['a blank name', { incidentName: ' ' }, ['incidentName']],
    ['a name that is too long', { incidentName: 'x'.repeat(256) }, ['incidentName']],
    ['a field of Slack', { channel: '#ops' }, []],
  ])('refuses %s', (_, more, path) => {
    const { error } = channelSchema.safeParse({ ...page, ...more });
    expect(error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});
