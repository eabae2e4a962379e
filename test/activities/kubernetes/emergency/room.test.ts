import { describe, expect, test } from '@jest/globals';
import { quotaProblems } from '../../../../activities/kubernetes/emergency/recovery/quota.js';
import { demandsOf, judgeRoom, type Node, roomOf } from '../../../../activities/kubernetes/emergency/recovery/room.js';
import type { Pod } from '../../../../activities/kubernetes/model/objects.js';
import { condition, pod } from '../samples.js';
import { comingBack } from './recoverySamples.js';

const node = (name: string, cpu: string, memory: string, more: { ready?: boolean; cordoned?: boolean } = {}): Node => ({
  metadata: { name, uid: name },
  spec: more.cordoned ? { unschedulable: true } : {},
  status: {
    allocatable: { cpu, memory, pods: '10' },
    conditions: [condition('Ready', more.ready === false ? 'Unknown' : 'True', 'Kubelet')],
  },
});
const asks = (cpu: string, memory: string, more: object = {}) => ({
  containers: [{ name: 'app', resources: { requests: { cpu, memory } } }],
  ...more,
});
const on = (
  nodeName: string,
  cpu: string,
  memory: string,
  more: Partial<Pod['metadata']> = {},
  phase = 'Running',
): Pod => ({
  ...pod('p'),
  metadata: { ...pod('p').metadata, ...more },
  spec: { ...asks(cpu, memory), nodeName },
  status: { phase },
});
const Gi = 1024 ** 3;

describe('roomOf', () => {
  test('allocatable minus requests of what runs, on ready and open nodes', () => {
    const nodes = [
      node('a', '4', '8Gi'),
      node('b', '4', '8Gi', { ready: false }),
      node('c', '4', '8Gi', { cordoned: true }),
    ];
    const pods = [
      on('a', '500m', '1Gi'),
      on('a', '1', '1Gi', {}, 'Succeeded'),
      on('a', '1', '1Gi', { deletionTimestamp: '2026-05-01T10:00:00Z' }),
      on('b', '1', '1Gi'),
    ];
    expect(roomOf(nodes, pods)).toEqual({
      free: [{ cpu: 3.5, memory: 7 * Gi, pods: 9 }],
      closed: ['b (not ready)', 'c (cordoned)'],
    });
  });
});

describe('demandsOf', () => {
  test.each<[string, object, { cpu: number; memory: number }]>([
    [
      'containers are summed',
      { containers: [...asks('1', '1Gi').containers, ...asks('500m', '1Gi').containers] },
      { cpu: 1.5, memory: 2 * Gi },
    ],
    [
      'the largest init container counts',
      asks('1', '1Gi', { initContainers: asks('2', '512Mi').containers }),
      { cpu: 2, memory: Gi },
    ],
    [
      'limits stand for requests',
      { containers: [{ name: 'a', resources: { limits: { cpu: '2' } } }] },
      { cpu: 2, memory: 0 },
    ],
    [
      'the overhead comes on top',
      asks('1', '1Gi', { overhead: { cpu: '250m', memory: '1Gi' } }),
      { cpu: 1.25, memory: 2 * Gi },
    ],
  ])('%s', (_, spec, each) => {
    expect(demandsOf([comingBack({ spec, replicas: 3, running: 1 })])).toEqual([
      { key: 'Deployment/web', each: { ...each, pods: 1 }, count: 2 },
    ]);
  });

  test('what runs already needs no room', () => {
    expect(demandsOf([comingBack({ replicas: 2, running: 2 }), comingBack({ replicas: 1, running: 3 })])).toEqual([]);
  });
});

describe('judgeRoom', () => {
  const demand = (cpu: number, memory: number, count: number) => ({
    key: 'Deployment/web',
    each: { cpu, memory: memory * Gi, pods: 1 },
    count,
  });
  const free = (cpu: number, memory: number, pods = 100) => ({ cpu, memory: memory * Gi, pods });
  const judge = (count: number, cpu: number, nodes: ReturnType<typeof free>[]) =>
    judgeRoom([demand(cpu, 1, count)], { free: nodes, closed: [] }).problems;

  test.each<[string, string[], string[]]>([
    ['fits exactly', judge(4, 0.1, [free(0.2, 8), free(0.2, 8)]), []],
    [
      'the sum does not fit',
      judge(5, 1, [free(2, 8), free(2, 8)]),
      [
        'The pods that come back need 5 CPU, and the ready nodes have 4 CPU left: add nodes, or bring back fewer tiers.',
      ],
    ],
    [
      'memory does not fit',
      judge(5, 0.1, [free(2, 2), free(2, 2)]),
      [
        'The pods that come back need 5120 MiB of memory, and the ready nodes have 4096 MiB of memory left: add nodes, or bring back fewer tiers.',
      ],
    ],
    [
      'too many pods',
      judge(3, 0, [free(2, 8, 2)]),
      [
        'The pods that come back need room for 3 pods, and the ready nodes have room for 2 pods left: add nodes, or bring back fewer tiers.',
      ],
    ],
    [
      'one pod fits on no node',
      judge(1, 3, [free(2, 8), free(2, 8)]),
      [
        'A pod of Deployment/web needs 3 CPU and 1024 MiB of memory, and no ready node has that much left: add a larger node, or ask for less.',
      ],
    ],
    ['an overfull node takes nothing from the others', judge(2, 1, [free(2, 8), free(-2, 8)]), []],
    [
      'no node',
      judge(1, 1, []),
      ['No node is ready and schedulable, so that no pod can start: mend or uncordon a node.'],
    ],
  ])('%s', (_, problems, expected) => expect(problems).toEqual(expected));

  test('closed nodes are told; nothing to come needs no node', () => {
    expect(judgeRoom([], { free: [], closed: ['b (not ready)'] })).toEqual({
      problems: [],
      warnings: ['1 of 1 nodes take no pods: b (not ready).'],
    });
  });
});

describe('quotaProblems', () => {
  const quota = (hard: Record<string, string>, used: Record<string, string> = {}, spec: object = {}) => ({
    metadata: { name: 'q', uid: 'q' },
    spec,
    status: { hard, used },
  });
  const workloads = [
    comingBack({ spec: asks('500m', '1Gi'), replicas: 3, running: 1 }),
    comingBack({ spec: asks('1', '1Gi'), replicas: 1 }),
  ];

  test.each<[string, ReturnType<typeof quota>, unknown[]]>([
    ['enough', quota({ 'requests.cpu': '2', pods: '4' }, { pods: '1' }), []],
    [
      'cpu',
      quota({ 'requests.cpu': '2' }, { 'requests.cpu': '500m' }),
      [
        'ResourceQuota q leaves no room: of requests.cpu 500m of 2 is used, and the pods that come back need 2 more. Raise it, or bring back fewer tiers.',
      ],
    ],
    [
      'pods',
      quota({ pods: '3' }, { pods: '1' }),
      [expect.stringContaining('of pods 1 of 3 is used, and the pods that come back need 3 more')],
    ],
    ['scoped', quota({ pods: '0' }, {}, { scopes: ['BestEffort'] }), []],
    ['of something else', quota({ services: '0' }), []],
  ])('%s', (_, one, expected) => expect(quotaProblems(workloads, [one])).toEqual(expected));
});
