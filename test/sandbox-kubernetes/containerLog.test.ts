import { describe, expect, test } from '@jest/globals';
import type { V1ContainerState, V1ContainerStatus } from '@kubernetes/client-node';
import { containerLog } from '../../sandbox/host/containerLog.js';
import { behaviourOf, parseImage } from '../../sandbox/kubernetes/image.js';
import { scalar } from '../../sandbox/metrics/quantity.js';

const ALL = { tailLines: undefined, limitBytes: undefined, since: -Infinity, timestamps: false, previous: false };
const startedAt = new Date('2026-01-02T03:04:05Z');

function status(tag: string, state: V1ContainerState, lastState: V1ContainerState = {}): V1ContainerStatus {
  const image = `team/app:${tag}`;
  return { name: 'app', image, imageID: '', ready: false, restartCount: 0, state, lastState };
}

describe('containerLog', () => {
  test.each([
    ['1-crash', 'panic: cannot connect to database at startup'],
    ['1-oom', 'level=info msg="loading the index into memory"'],
    ['1-dies5', 'fatal: lost the connection to the message broker'],
  ])('%s: the last words of a container that waits for its next start', (tag, line) => {
    const lastState = { terminated: { exitCode: 1, startedAt } };
    const log = containerLog('pod', status(tag, { waiting: { reason: 'CrashLoopBackOff' } }, lastState), ALL);
    expect(log.error).toBeUndefined();
    expect('text' in log && log.text.split('\n')).toContain(line);
  });

  test('limits and timestamps', () => {
    const running = status('1', { running: { startedAt } });
    const options = { ...ALL, tailLines: 1, timestamps: true };
    expect(containerLog('pod', running, options)).toEqual({
      text: '2026-01-02T03:04:05.036Z level=info msg="ready"\n',
    });
    expect(containerLog('pod', running, { ...ALL, tailLines: 0 })).toEqual({ text: '' });
    expect(containerLog('pod', running, { ...ALL, limitBytes: 5 })).toEqual({ text: 'level' });
    expect(containerLog('pod', running, { ...ALL, since: startedAt.getTime() + 1000 })).toEqual({ text: '' });
  });

  test.each([
    [{ reason: 'ErrImagePull' }, "image can't be pulled"],
    [{ reason: 'ImagePullBackOff' }, 'trying and failing to pull image'],
    [{ reason: 'CreateContainerConfigError' }, 'CreateContainerConfigError'],
  ])('a container that never ran has none: %j', (waiting, why) => {
    expect(containerLog('pod', status('1', { waiting }), ALL)).toEqual({
      error: `container "app" in pod "pod" is waiting to start: ${why}`,
    });
  });
});

test.each([
  ['app', 'app', 'latest', '', undefined],
  ['library/app:1.2', 'app', '1.2', '', undefined],
  ['localhost/team/app:1', 'team/app', '1', '', undefined],
  ['127.0.0.1:5000/team/app:1.2-slow20', 'team/app', '1.2-slow20', 'slow', 20],
  [`reg.example.com/a/b/c:2-err5@sha256:${'0'.repeat(64)}`, 'a/b/c', '2-err5', 'err', 5],
  ['team/app:1.2-5xx', 'team/app', '1.2-5xx', '5xx', undefined],
  ['team/app:3-alpine', 'team/app', '3-alpine', 'alpine', undefined],
])('image %s', (image, path, tag, kind, n) => {
  expect(parseImage(image)).toEqual({ path, tag });
  expect(behaviourOf(image)).toEqual({ kind, n });
});

test.each([
  ['250m', 0.25],
  ['2', 2],
  ['1.5', 1.5],
  ['64Mi', 2 ** 26],
  ['1G', 1e9],
  ['much', undefined],
  [undefined, undefined],
])('quantity %s', (quantity, value) => expect(scalar(quantity)).toBe(value));
