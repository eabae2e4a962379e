import { describe, expect, test } from '@jest/globals';
import { hostname } from 'node:os';
import { ConfigError, loadWorkerConfig } from '../../worker/config.js';
import { loadTemporalTarget } from '../../worker/connection.js';
import { hostNameOf } from '../../worker/host.js';
import { workerOptions } from '../../worker/run.js';

describe('loadWorkerConfig', () => {
  test('an empty environment is enough', () => {
    expect(loadWorkerConfig({})).toEqual({
      taskQueue: 'belay',
      host: {
        name: hostNameOf(hostname()),
        queue: `belay-host-${hostNameOf(hostname())}`,
        only: false,
      },
      identity: expect.stringMatching(/^belay-worker@.+:\d+$/),
      logLevel: 'info',
      maxActivities: 400,
      maxWorkflowTasks: 80,
      shutdownGraceMs: 10_000,
      stickyMs: 5_000,
    });
  });

  test('an empty variable counts as not set', () => {
    expect(loadWorkerConfig({ BELAY_TASK_QUEUE: '', BELAY_HEALTH_PORT: '' })).toMatchObject({ taskQueue: 'belay' });
  });

  test('reads ports, and versioning when both of its variables are set', () => {
    const env = { BELAY_HEALTH_PORT: '0', BELAY_METRICS_PORT: '9464', TEMPORAL_DEPLOYMENT_NAME: 'belay' };
    expect(loadWorkerConfig({ ...env, TEMPORAL_WORKER_BUILD_ID: 'v1' })).toMatchObject({
      health: { host: '127.0.0.1', port: 0 },
      metrics: { host: '127.0.0.1', port: 9464 },
      version: { deploymentName: 'belay', buildId: 'v1' },
    });
  });

  test.each([
    ['app-01', 'app-01'],
    ['App_01.Example.ORG', 'app-01-example-org'],
    ['Büro', 'b-ro'],
    ['', 'localhost'],
    ['x'.repeat(80), 'x'.repeat(63)],
  ])('the machine %p is host %p', (name, host) => {
    expect(hostNameOf(name)).toBe(host);
  });

  test('a host has a queue beside the task queue, and may have nothing else', () => {
    const env = { BELAY_TASK_QUEUE: 'ops', BELAY_HOST: 'files-1', BELAY_HOST_ONLY: 'true' };
    expect(loadWorkerConfig(env).host).toEqual({ name: 'files-1', queue: 'ops-host-files-1', only: true });
    expect(() => loadWorkerConfig({ BELAY_HOST: 'Files 1', BELAY_HOST_ONLY: 'yes' })).toThrow(
      /BELAY_HOST: must start with a letter.*BELAY_HOST_ONLY: must be one of true, false/,
    );
  });

  test('names every wrong variable, not only the first', () => {
    const env = { BELAY_HEALTH_PORT: '99999', BELAY_LOG_LEVEL: 'loud', BELAY_MAX_ACTIVITIES: 'many' };
    const load = () => loadWorkerConfig(env);
    expect(load).toThrow(ConfigError);
    for (const name of Object.keys(env)) expect(load).toThrow(name);
    expect(() => loadWorkerConfig({ TEMPORAL_DEPLOYMENT_NAME: 'belay' })).toThrow(/TEMPORAL_WORKER_BUILD_ID together/);
  });
});

test('Temporal is 127.0.0.1:7233 unless the environment says otherwise', () => {
  const none = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };
  expect(loadTemporalTarget(none)).toMatchObject({ address: '127.0.0.1:7233', namespace: 'default' });
  const set = { ...none, TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'ops' };
  expect(loadTemporalTarget(set)).toMatchObject({ address: 'temporal.example:7233', namespace: 'ops' });
});

test('slots outnumber a hundred watches, and cancels are not throttled away', () => {
  const options = workerOptions(loadWorkerConfig({}));
  expect(options).toMatchObject({ maxConcurrentActivityTaskExecutions: 400, maxHeartbeatThrottleInterval: '5s' });
  expect(options).not.toHaveProperty('workerDeploymentOptions');
});
