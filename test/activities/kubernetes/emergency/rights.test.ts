import { expect, test } from '@jest/globals';
import { isGranted, rightsForEmergency, type Rule } from '../../../../activities/kubernetes/emergency/rights.js';
import { savedWakers } from '../../../../activities/kubernetes/emergency/wakers.js';
import { meta } from './samples.js';

test('rights are asked for once, and only for kinds that are there', () => {
  const rights = rightsForEmergency('prod', []).map((right) => JSON.stringify(right));
  expect(new Set(rights).size).toBe(rights.length);
  const crons = savedWakers(
    'prod',
    {
      autoscalers: [],
      scaledObjects: [],
      cronJobs: [
        { ...meta('a'), spec: { schedule: '' } },
        { ...meta('b'), spec: { schedule: '' } },
      ],
    },
    new Set(),
  );
  const more = rightsForEmergency('prod', crons);
  expect(more.slice(rights.length)).toEqual([
    { verb: 'get', resource: 'cronjobs', group: 'batch' },
    { verb: 'list', resource: 'cronjobs', group: 'batch' },
    { verb: 'patch', resource: 'cronjobs', group: 'batch' },
  ]);
});

const right = { verb: 'patch', group: 'apps', resource: 'deployments' };
const rule = (more: Partial<Rule>): Rule => ({
  verbs: ['patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  ...more,
});
test.each([
  ['exactly', right, rule({}), true],
  ['everything', right, rule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }), true],
  ['another verb', right, rule({ verbs: ['get'] }), false],
  ['another group', right, rule({ apiGroups: [''] }), false],
  ['another resource', right, rule({ resources: ['daemonsets'] }), false],
  ['single objects', right, rule({ resourceNames: ['web'] }), false],
  ['another namespace', { ...right, namespace: 'argocd' }, rule({}), false],
  [
    'a resource, not its logs',
    { verb: 'get', resource: 'pods', subresource: 'log' },
    rule({ verbs: ['get'], apiGroups: [''], resources: ['pods'] }),
    false,
  ],
  [
    'its logs',
    { verb: 'get', resource: 'pods', subresource: 'log' },
    rule({ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }),
    true,
  ],
  [
    'all logs',
    { verb: 'get', resource: 'pods', subresource: 'log' },
    rule({ verbs: ['get'], apiGroups: [''], resources: ['*/log'] }),
    true,
  ],
])('a rule that grants %s', (_, wanted, one, granted) => {
  expect(isGranted(wanted, [one])).toBe(granted);
});
