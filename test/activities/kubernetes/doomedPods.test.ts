import { describe, expect, test } from '@jest/globals';
import type { ContainerStatus, Pod } from '../../../activities/kubernetes/model/objects.js';
import { doomOf, type PullMessages, rememberPullMessages } from '../../../activities/kubernetes/rollout/doomedPods.js';
import { restartsSince } from '../../../activities/kubernetes/rollout/restarts.js';
import { died, later, pod, T0, waiting } from './samples.js';

const NOT_FOUND = 'rpc error: code = NotFound desc = failed to resolve reference "team/web:2.0": not found';

describe('doomOf', () => {
  test.each<[string, Partial<ContainerStatus>, string | undefined]>([
    [
      'crash loop',
      { ...waiting('CrashLoopBackOff'), lastState: { terminated: { exitCode: 3, message: 'panic' } } },
      'keeps crashing (exit code 3): panic',
    ],
    [
      'killed for memory',
      { ...waiting('CrashLoopBackOff'), lastState: died(137, 'OOMKilled') },
      'keeps crashing (exit code 137, OOMKilled)',
    ],
    ['image not found', waiting('ErrImagePull', NOT_FOUND), `cannot pull team/web:2.0: ${NOT_FOUND}`],
    ['manifest unknown', waiting('ErrImagePull', 'manifest unknown'), 'cannot pull team/web:2.0: manifest unknown'],
    ['registry away', waiting('ErrImagePull', 'dial tcp: i/o timeout'), undefined],
    [
      'back-off without any known reason',
      waiting('ImagePullBackOff', 'Back-off pulling image "team/web:2.0"'),
      undefined,
    ],
    [
      'back-off that tells the reason',
      waiting('ImagePullBackOff', `Back-off pulling image: ErrImagePull: ${NOT_FOUND}`),
      `cannot pull team/web:2.0: Back-off pulling image: ErrImagePull: ${NOT_FOUND}`,
    ],
    ['invalid image name', waiting('InvalidImageName', 'bad'), 'InvalidImageName bad'],
    [
      'missing secret',
      waiting('CreateContainerConfigError', 'secret "x" not found'),
      'cannot be configured: secret "x" not found',
    ],
    [
      'cache that is not in sync yet',
      waiting('CreateContainerConfigError', 'failed to sync secret cache: timed out'),
      undefined,
    ],
    [
      'cannot run',
      { ready: false, lastState: died(127, 'ContainerCannotRun') },
      'cannot run (exit code 127, ContainerCannotRun)',
    ],
    ["the node's trouble", { ready: false, lastState: died(128, 'ContainerCannotRun') }, undefined],
    ['being created', waiting('ContainerCreating'), undefined],
    ['slow readiness', { ready: false }, undefined],
    ['one crash, running again', { restartCount: 1, lastState: died(1) }, undefined],
  ])('%s', (_, status, words) => {
    expect(doomOf(pod('web-1', status), new Map())?.words).toBe(words);
  });

  test('keeps the first pull message when the state says back-off later', () => {
    const seen: PullMessages = new Map();
    rememberPullMessages(pod('web-1', waiting('ErrImagePull', NOT_FOUND)), seen);
    rememberPullMessages(pod('web-1', waiting('ErrImagePull', 'another')), seen);
    const doom = doomOf(pod('web-1', waiting('ImagePullBackOff', 'Back-off pulling image')), seen);
    expect(doom).toMatchObject({ reason: 'ErrImagePull', message: NOT_FOUND, container: 'app' });
  });

  test('looks at init containers', () => {
    const init: ContainerStatus = { name: 'migrate', ...waiting('CrashLoopBackOff'), lastState: died(2) };
    const sick = pod('web-1', waiting('PodInitializing'), { initContainerStatuses: [init] });
    const whole: Pod = pod('web-1', waiting('PodInitializing'));
    whole.status = { ...whole.status, initContainerStatuses: [init] };
    expect(doomOf(whole, new Map())).toMatchObject({ container: 'migrate', exitCode: 2 });
    expect(doomOf(sick, new Map())).toMatchObject({ container: 'migrate' });
  });

  test.each(['Evicted', 'Preempting'])('a pod that was %s is none', (reason) => {
    expect(doomOf(pod('web-1', waiting('CrashLoopBackOff'), { reason }), new Map())).toBeUndefined();
  });
});

describe('restartsSince', () => {
  const old = (status: Partial<ContainerStatus>): Pod => {
    const made = pod('web-1', status);
    return { ...made, metadata: { ...made.metadata, creationTimestamp: later(-3_600) } };
  };

  test('counts every restart of a pod that is newer than the write', () => {
    expect(restartsSince(pod('web-1', { restartCount: 2, lastState: died(1) }), T0, {})).toMatchObject([
      { pod: 'web-1', container: 'app', count: 2, last: { exitCode: 1 } },
    ]);
  });

  test('counts an older pod’s restarts from the first look, and the one that the status proves to be ours', () => {
    const baseline = {};
    expect(restartsSince(old({ restartCount: 5, lastState: died(1, 'Error', later(-60)) }), T0, baseline)).toEqual([]);
    expect(restartsSince(old({ restartCount: 7, lastState: died(1) }), T0, baseline)).toMatchObject([{ count: 2 }]);
    expect(restartsSince(old({ restartCount: 7, lastState: died(1) }), T0, {})).toMatchObject([{ count: 1 }]);
  });
});
