import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CoreV1Event, V1ContainerState, V1ContainerStatus } from '@kubernetes/client-node';
import { imageOf } from '../../sandbox/registry/images.js';
import { fixture, recordStatuses, SANDBOX_MS, until, type Fixture } from './support.js';

let f: Fixture;
let statuses: Awaited<ReturnType<typeof recordStatuses>>;

beforeAll(async () => {
  f = await fixture();
  statuses = await recordStatuses(f);
  await f.deploy({
    plain: '1.0',
    digest: `1.0@sha256:${'a'.repeat(64)}`,
    missing: '1.0-missing',
    armonly: '1.0-armonly',
    crash: '1.0-crash',
    crashfast: '1.0-crashfast',
    notready: '1.0-notready',
    slow: '1.0-slow3',
    flap: '1.0-flap',
    oom: '1.0-oom',
    dies: '1.0-dies2',
  });
  await f.deploy({ badconfig: '1.0-badconfig' }, { env: { MODE: 'test' } });
}, SANDBOX_MS);

afterAll(async () => {
  statuses?.stop();
  await f?.cluster.core.deleteNamespace({ name: f.namespace });
});

/** The first status of the workload's container whose state fits. */
function seen(app: string, fits: (state: V1ContainerState) => boolean): Promise<V1ContainerStatus> {
  return until(`state of ${app}`, async () => statuses.of(app).find(({ state }) => state && fits(state)));
}

async function events(app: string): Promise<CoreV1Event[]> {
  const name = (await f.pod(app)).metadata?.name;
  const { items } = await f.cluster.core.listNamespacedEvent({
    namespace: f.namespace,
    fieldSelector: `involvedObject.name=${name}`,
  });
  return items;
}

describe('a plain tag', () => {
  test('becomes ready on one of the nodes', async () => {
    await until('ready', async () => (await f.status('plain')).ready);
    const { status, spec } = await f.pod('plain');
    expect(status?.phase).toBe('Running');
    expect(status?.podIP).toMatch(/^10\.244\./);
    expect(spec?.nodeName).toMatch(/^node-[ab]$/);
    const conditions = Object.fromEntries(status?.conditions?.map((c) => [c.type, c.status]) ?? []);
    expect(conditions).toEqual({
      PodScheduled: 'True',
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      ContainersReady: 'True',
      Ready: 'True',
    });
    expect(await f.status('plain')).toMatchObject({ started: true, restartCount: 0 });
  });

  test("reports the digest that the sandbox's registry serves", async () => {
    await until('ready', async () => (await f.status('plain')).ready);
    const { digest } = imageOf({ path: 'team/plain', tag: '1.0' }).index;
    expect((await f.status('plain')).imageID).toBe(`registry.example.com/team/plain@${digest}`);
    await until('ready', async () => (await f.status('digest')).ready);
    expect((await f.status('digest')).imageID).toBe(`registry.example.com/team/digest@sha256:${'a'.repeat(64)}`);
  });
});

describe('images that cannot be pulled', () => {
  const image = 'registry.example.com/team/missing:1.0-missing';
  const refusal =
    `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": ` +
    `failed to resolve reference "${image}": ${image}: not found`;

  test('-missing alternates between ErrImagePull and ImagePullBackOff', async () => {
    const back = await seen('missing', ({ waiting }) => waiting?.reason === 'ImagePullBackOff');
    expect(back.state?.waiting?.message).toBe(`Back-off pulling image "${image}": ErrImagePull: ${refusal}`);
    const reasons = await until('four states', async () => {
      const waiting = statuses.of('missing').map(({ state }) => state?.waiting);
      const pulls = waiting.filter((each) => each?.reason === 'ErrImagePull');
      return pulls.length > 1 && waiting;
    });
    expect(reasons.at(-1)).toEqual({ reason: 'ErrImagePull', message: refusal });
    expect(await f.status('missing')).toMatchObject({ ready: false, started: false, restartCount: 0, imageID: '' });
    expect((await f.pod('missing')).status?.phase).toBe('Pending');
    const published = await events('missing');
    expect(published).toContainEqual(
      expect.objectContaining({ reason: 'Failed', message: `Failed to pull image "${image}": ${refusal}` }),
    );
    expect(published).toContainEqual(
      expect.objectContaining({ reason: 'BackOff', message: `Back-off pulling image "${image}"` }),
    );
  });

  test('-armonly has no manifest for the nodes', async () => {
    const { state } = await seen('armonly', ({ waiting }) => waiting?.reason === 'ImagePullBackOff');
    expect(state?.waiting?.message).toContain('no match for platform in manifest: not found');
  });
});

describe('containers that fail', () => {
  test('-crash ends in CrashLoopBackOff with a growing back-off', async () => {
    const { metadata } = await f.pod('crash');
    const pod = `container=app pod=${metadata?.name}_${f.namespace}(${metadata?.uid})`;
    const waits = (seconds: number) =>
      seen('crash', ({ waiting }) => waiting?.message === `back-off ${seconds}s restarting failed ${pod}`);
    expect(await waits(10)).toMatchObject({
      ready: false,
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: {
        terminated: { exitCode: 1, reason: 'Error', message: 'panic: cannot connect to database at startup' },
      },
    });
    expect((await waits(20)).restartCount).toBe(2);
    expect(statuses.of('crash').some(({ ready }) => ready)).toBe(false);
    const { status } = await f.pod('crash');
    expect(status?.phase).toBe('Running');
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [app]',
      }),
    );
    expect(await events('crash')).toContainEqual(expect.objectContaining({ reason: 'BackOff', type: 'Warning' }));
  });

  test('-crashfast waits a fifth', async () => {
    const { state, restartCount } = await seen(
      'crashfast',
      (s) => s.waiting?.message?.startsWith('back-off 8s') ?? false,
    );
    expect(state?.waiting?.reason).toBe('CrashLoopBackOff');
    expect(restartCount).toBe(3);
  });

  test('-oom is killed with exit code 137', async () => {
    const { lastState } = await seen('oom', ({ waiting }) => waiting?.reason === 'CrashLoopBackOff');
    expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  test('-dies<N> is ready, then crashes', async () => {
    const { restartCount, lastState } = await seen('dies', ({ waiting }) => waiting?.reason === 'CrashLoopBackOff');
    expect({ restartCount, exitCode: lastState?.terminated?.exitCode }).toEqual({ restartCount: 1, exitCode: 2 });
    expect(statuses.of('dies').some(({ ready }) => ready)).toBe(true);
  });

  test('-badconfig lacks a secret', async () => {
    const { state } = await seen('badconfig', ({ waiting }) => waiting?.reason === 'CreateContainerConfigError');
    expect(state?.waiting?.message).toBe('secret "app-config" not found');
    expect((await f.pod('badconfig')).status?.phase).toBe('Pending');
  });
});

describe('readiness', () => {
  test('-notready runs without ever being ready', async () => {
    await seen('notready', ({ running }) => running !== undefined);
    expect(await f.status('notready')).toMatchObject({ ready: false, started: true });
    expect(await events('notready')).toContainEqual(
      expect.objectContaining({
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      }),
    );
  });

  test('-slow<N> becomes ready later', async () => {
    const pod = await until('ready', async () => {
      const present = await f.pod('slow');
      return present.status?.containerStatuses?.[0]?.ready && present;
    });
    const time = (type: string) => pod.status?.conditions?.find((c) => c.type === type)?.lastTransitionTime?.getTime();
    expect(Number(time('Ready')) - Number(time('Initialized'))).toBeGreaterThanOrEqual(2_000);
  });

  test('-flap changes between ready and not ready', async () => {
    await until('readiness lost and regained', async () => {
      const changes = statuses.of('flap').map(({ ready }) => ready);
      const lost = changes.indexOf(false, changes.indexOf(true));
      return changes.includes(true) && lost > 0 && changes.includes(true, lost);
    });
    expect((await f.status('flap')).restartCount).toBe(0);
  });
});
