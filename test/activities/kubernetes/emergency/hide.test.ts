import { describe, expect, test } from '@jest/globals';
import { copyObject, HIDDEN } from '../../../../activities/kubernetes/emergency/evidence/hide.js';

const strings = { hidden: () => HIDDEN, text: (value: string) => value };
const copyOf = (pod: unknown) => copyObject(pod, strings);

describe('copyObject', () => {
  test.each<[string, string[], string[]]>([
    ['the program and bare flags stay', ['/bin/serve', '--verbose', '-v'], ['/bin/serve', '--verbose', '-v']],
    ['a flag keeps its name only', ['app', '--password=x=y', '-D=z'], ['app', '--password=***', '-D=***']],
    ['a value after a flag is hidden', ['app', '--password', 'x'], ['app', '--password', '***']],
    ['a value glued to a short flag is hidden', ['mysql', '-phunter2'], ['mysql', '-p***']],
    ['a script is hidden', ['sh', '-c', 'PASSWORD=x run'], ['sh', '-c', '***']],
    ['what is no program name is hidden', ['PASSWORD=x run'], ['***']],
    ['base64 that looks like an assignment is hidden', ['app', 'c2VjcmV0='], ['app', '***']],
    ['a key file is no flag', ['app', '-----BEGIN PRIVATE KEY-----\nx'], ['app', '***']],
  ])('command: %s', (_, command, expected) => {
    expect(copyOf({ spec: { containers: [{ command }] } })).toEqual({ spec: { containers: [{ command: expected }] } });
  });

  test('the first of args is an argument, not the program', () => {
    expect(copyOf({ args: ['word', '--flag=x'] })).toEqual({ args: ['***', '--flag=***'] });
  });

  test('env: names and sources stay, plain values do not, in every kind of container', () => {
    const env = [
      { name: 'PASSWORD', value: 'x' },
      { name: 'EMPTY', value: '' },
      { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    ];
    const hidden = [{ name: 'PASSWORD', value: '***' }, { name: 'EMPTY' }, env[2]];
    const kinds = ['containers', 'initContainers', 'ephemeralContainers'];
    const specOf = (variables: unknown) => Object.fromEntries(kinds.map((kind) => [kind, [{ env: variables }]]));
    expect(copyOf({ spec: specOf(env) })).toEqual({ spec: specOf(hidden) });
  });

  test('annotations, headers, URL queries, driver options and probes hide their values', () => {
    const pod = {
      metadata: {
        labels: { app: 'web' },
        annotations: { 'vault/token': 'x', 'kubectl.kubernetes.io/restartedAt': '2026-05-01' },
        managedFields: [{ manager: 'x' }],
      },
      spec: {
        containers: [
          {
            livenessProbe: { httpGet: { path: '/live?key=x', httpHeaders: [{ name: 'authorization', value: 'x' }] } },
            lifecycle: { preStop: { exec: { command: ['curl', 'https://u:x@host'] } } },
          },
        ],
        volumes: [{ csi: { driver: 'd', volumeAttributes: { password: 'x' } }, secret: { secretName: 'db' } }],
        dnsConfig: { options: [{ name: 'ndots', value: '5' }] },
      },
    };
    expect(copyOf(pod)).toEqual({
      metadata: {
        labels: { app: 'web' },
        annotations: { 'vault/token': '***', 'kubectl.kubernetes.io/restartedAt': '2026-05-01' },
      },
      spec: {
        containers: [
          {
            livenessProbe: {
              httpGet: { path: '/live?***', httpHeaders: [{ name: 'authorization', value: '***' }] },
            },
            lifecycle: { preStop: { exec: { command: ['curl', '***'] } } },
          },
        ],
        volumes: [{ csi: { driver: 'd', volumeAttributes: { password: '***' } }, secret: { secretName: 'db' } }],
        dnsConfig: { options: [{ name: 'ndots', value: '5' }] },
      },
    });
  });

  test('other texts go through the redactor, names do not', () => {
    const shout = { hidden: () => HIDDEN, text: (value: string) => value.toUpperCase() };
    const status = { phase: 'Running', containerStatuses: [{ name: 'app', state: { waiting: { message: 'why' } } }] };
    expect(copyObject({ status, count: 2, ready: false, none: null }, shout)).toEqual({
      status: { phase: 'Running', containerStatuses: [{ name: 'app', state: { waiting: { message: 'WHY' } } }] },
      count: 2,
      ready: false,
      none: null,
    });
  });
});
