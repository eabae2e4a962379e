import { beforeAll, describe, expect, test } from '@jest/globals';
import { workloadPath } from '../../../activities/kubernetes/model/paths.js';
import type { WorkloadKind } from '../../../activities/kubernetes/types.js';
import {
  cluster,
  type Cluster,
  type Deployed,
  create,
  deploy,
  live,
  merge,
  podsOf,
  run,
  runner,
  SANDBOX_MS,
  soon,
  until,
  updated,
} from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

const KINDS: WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const nameOf = (prefix: string, kind: WorkloadKind): string => `${prefix}-${kind.toLowerCase()}`;

/** Updates a new workload to a tag and watches it. */
async function watched(name: string, tag: string, more: Omit<Deployed, 'name'> & { seconds?: number } = {}) {
  const { seconds = 60, ...what } = more;
  const made = await updated(where, { name, ...what }, tag);
  const mock = runner();
  const input = { ref: made.ref, identity: made.identity, deadlineAt: soon(seconds) };
  const verdict = await mock.run(where.activities.watchRollout, input);
  return { ...made, ...mock, input, verdict };
}

describe.each(KINDS)('the rollout of a %s', (kind) => {
  test.concurrent('is complete when every pod has the new template, and says so again to a later attempt', async () => {
    const { verdict, input, beats } = await watched(nameOf('good', kind), '2.0', { kind });
    expect(verdict).toMatchObject({ outcome: 'complete', evidence: [], counts: { desired: 2, available: 2 } });
    expect(verdict.summary).toBe(`${kind} ${nameOf('good', kind)} is rolled out: 2 of 2 pods available.`);
    expect(beats.length).toBeGreaterThan(0);
    const again = await runner({ attempt: 2 }).run(where.activities.watchRollout, {
      ...input,
      deadlineAt: Date.now() - 1,
    });
    expect(again.outcome).toBe('complete');
    const split = await run(where.activities.splitPods, { ref: input.ref, templateHash: input.identity.templateHash });
    expect(split).toMatchObject({ newReady: 2, oldReady: 0, newRestarts: 0 });
  });

  test.concurrent('fails early for a tag that does not exist, with the first pull message', async () => {
    const { verdict } = await watched(nameOf('missing', kind), '2.0-missing', { kind });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(
      /Container app of pod \S+ cannot pull registry.example.com\/team\/web:2.0-missing: .*not found/,
    );
    expect(verdict.evidence[0]).toMatchObject({ container: 'app', reason: 'ErrImagePull' });
    expect(verdict.evidence[0]?.message).toContain('not found');
  });

  test.concurrent('fails early for a crash at start, with exit code and last log lines', async () => {
    const { verdict } = await watched(nameOf('crash', kind), '2.0-crash', { kind });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(/Container app of pod .*exit code 1/);
    expect(verdict.evidence[0]).toMatchObject({ container: 'app', exitCode: 1 });
    expect(verdict.evidence[0]?.log).toContain('cannot connect');
    expect(verdict.evidence[0]?.events?.join()).toContain('BackOff');
  });

  test.concurrent('reaches its own deadline when pods never become ready', async () => {
    const { verdict } = await watched(nameOf('never', kind), '2.0-notready', { kind, seconds: 4 });
    expect(verdict.outcome).toBe('deadline');
    expect(verdict.summary).toMatch(
      /was not rolled out in time: .* not ready\. \S+: Unhealthy: Readiness probe failed: .*503/,
    );
    expect(verdict.evidence[0]).toMatchObject({ container: 'app', reason: 'NotReady' });
    expect(verdict.evidence[0]?.message).toMatch(/probe failed/);
  });
});

describe('the rollout of a Deployment', () => {
  test.concurrent.each([
    ['2.0-oom', /exit code 137, OOMKilled/],
    ['2.0-badconfig', /cannot be configured: secret "app-config" not found/],
  ])('of %s fails with the reason', async (tag, words) => {
    const { verdict } = await watched(tag.replace('2.0-', ''), tag);
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(words);
  });

  test.concurrent('counts restarts of pods that are ready again each time', async () => {
    const { verdict } = await watched('dies', '2.0-dies1', { spec: { minReadySeconds: 6 } });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(
      /restarted 2 times since the change \(exit code 2\)|keeps crashing \(exit code 2\)/,
    );
  });

  test.concurrent('waits for slow pods', async () => {
    const { verdict } = await watched('slow', '2.0-slow3');
    expect(verdict.outcome).toBe('complete');
  });

  test.concurrent('with zero replicas is complete, but no proof of health', async () => {
    const { ref, before } = await updated(where, { name: 'zero', replicas: 1 }, '1.0');
    await merge(where.clients, workloadPath(ref), { spec: { replicas: 0 } });
    const image = 'registry.example.com/team/web:2.0-missing';
    const guard = { ref, uid: before.uid, templateHash: before.templateHash, container: 'app', image };
    const identity = await run(where.activities.setImage, {
      ...guard,
      run: { workflowId: 'w', runId: 'r', actor: 'ada', reason: 'test' },
    });
    const verdict = await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    expect(verdict.outcome).toBe('complete');
    expect(verdict.summary).toContain('nothing was proved');
    const facts = await run(where.activities.inspectWorkload, { ref, verbs: 'update' as const });
    expect(facts).toMatchObject({ facts: { healthy: false, unhealthyBecause: 'it is scaled to zero' } });
  });

  test.concurrent('is superseded when somebody else changes the template', async () => {
    const { ref, identity } = await updated(where, { name: 'contested' }, '2.0-notready');
    const watching = run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await merge(where.clients, workloadPath(ref), { spec: { template: { metadata: { labels: { extra: 'yes' } } } } });
    const verdict = await watching;
    expect(verdict).toMatchObject({ outcome: 'superseded', evidence: [] });
  });

  test.concurrent('is replaced when the object is deleted, and when it comes back under the same name', async () => {
    const { ref, identity } = await updated(where, { name: 'phoenix' }, '2.0-notready');
    const input = { ref, identity, deadlineAt: soon() };
    const watching = run(where.activities.watchRollout, input);
    await where.clients.call({ method: 'DELETE', path: workloadPath(ref) });
    expect(await watching).toMatchObject({ outcome: 'replaced', summary: 'Deployment phoenix was deleted.' });
    await deploy(where, { name: 'phoenix' });
    expect(await run(where.activities.watchRollout, input)).toMatchObject({
      outcome: 'replaced',
      summary: 'Deployment phoenix was deleted and created anew.',
    });
  });

  test.concurrent('goes on when an autoscaler changes the replicas meanwhile', async () => {
    const { ref, identity } = await updated(where, { name: 'scaled' }, '2.0-slow2');
    const watching = run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await merge(where.clients, `${workloadPath(ref)}/scale`, { spec: { replicas: 4 } });
    expect(await watching).toMatchObject({ outcome: 'complete', counts: { desired: 4, available: 4 } });
  });

  test.concurrent('that somebody paused says so at the deadline', async () => {
    const { ref, identity } = await updated(where, { name: 'paused' }, '2.0-slow3');
    await merge(where.clients, workloadPath(ref), { spec: { paused: true } });
    const verdict = await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon(5) });
    expect(verdict.outcome).toBe('deadline');
    expect(verdict.summary).toContain('it is paused');
  });

  test.concurrent("takes the controller's own fresh verdict, and not the one of an earlier revision", async () => {
    const spec = { progressDeadlineSeconds: 2 };
    const { ref, verdict, identity, guarded } = await watched('stale', '2.0-notready', { spec });
    expect(verdict).toMatchObject({ outcome: 'failed', summary: expect.stringContaining('controller gave up') });
    const [, first] = await run(where.activities.listRevisions, { ref });
    const restored = await run(where.activities.restoreRevision, {
      ...guarded,
      templateHash: identity.templateHash,
      revision: first?.name ?? '',
    });
    const back = await run(where.activities.watchRollout, { ref, identity: restored, deadlineAt: soon() });
    expect(back.outcome).toBe('complete');
  });

  test.concurrent('fails early when a quota lets no pod come to life', async () => {
    const spec = { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } };
    const other = await cluster(where.kubeconfig);
    const made = await updated(other, { name: 'crowded', replicas: 1, spec }, '1.0');
    const quotas = `/api/v1/namespaces/${other.namespace}/resourcequotas`;
    await create(other.clients, quotas, { metadata: { name: 'tight' }, spec: { hard: { pods: '1' } } });
    await until('the quota counts', async () => {
      const { body } = await other.clients.call<{ status?: { used?: { pods?: string } } }>({ path: `${quotas}/tight` });
      return body.status?.used?.pods === '1';
    });
    const facts = await run(other.activities.inspectWorkload, { ref: made.ref, verbs: 'update' as const });
    expect(facts).toMatchObject({ facts: { quotaProblems: [expect.stringContaining('pods 1 of 1 used')] } });
    const image = 'registry.example.com/team/web:2.0';
    const identity = await run(other.activities.setImage, { ...made.guarded, container: 'app', image });
    const verdict = await run(other.activities.watchRollout, { ref: made.ref, identity, deadlineAt: soon() });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(/No new pod can be created: .*exceeded quota: tight/);
  });

  test.concurrent('fails when no node takes the pods, with the scheduler’s words', async () => {
    const { ref, before, guarded } = await updated(where, { name: 'homeless', replicas: 1 }, '1.0');
    const { body } = await merge(where.clients, workloadPath(ref), {
      spec: { template: { spec: { nodeSelector: { 'no-such': 'node' } } } },
    });
    const identity = {
      uid: before.uid,
      generation: body.metadata.generation ?? 0,
      templateHash: await run(where.activities.inspectWorkload, { ref, verbs: 'update' as const }).then((found) =>
        found.found ? found.facts.templateHash : '',
      ),
      at: new Date().toISOString(),
      changed: true,
    };
    expect(guarded.uid).toBe(identity.uid);
    const verdict = await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(/fits on no node: 0\/\d+ nodes are available/);
    expect(verdict.evidence[0]).toMatchObject({ reason: 'Unschedulable' });
  });
});

describe('a StatefulSet', () => {
  test.concurrent('with a partition is complete when the upper ordinals are updated', async () => {
    const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } };
    const { verdict } = await watched('parted', '2.0', { kind: 'StatefulSet', spec });
    expect(verdict).toMatchObject({ outcome: 'complete', counts: { desired: 2, updated: 1 } });
    const images = (await podsOf(where, 'parted')).map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image]);
    expect(Object.fromEntries(images)).toEqual({
      'parted-0': 'registry.example.com/team/web:1.0',
      'parted-1': 'registry.example.com/team/web:2.0',
    });
  });

  test.concurrent('with OnDelete is refused', async () => {
    const spec = { updateStrategy: { type: 'OnDelete' } };
    const { ref, identity } = await updated(where, { kind: 'StatefulSet', name: 'manual', spec, replicas: 1 }, '2.0');
    const watching = run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await expect(watching).rejects.toMatchObject({ type: 'Invalid', nonRetryable: true });
  });
});

describe('a watch', () => {
  test.concurrent('ends when it is cancelled', async () => {
    const { ref, identity } = await updated(where, { name: 'cancelled', replicas: 1 }, '2.0-notready');
    const { run: start, cancel, beats } = runner();
    const watching = start(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await until('it heartbeats progress', async () => beats.some((beat) => beat.text.includes('ready')));
    cancel();
    await expect(watching).rejects.toThrow(/cancel/i);
    expect((await live(where, ref)).metadata.generation).toBe(identity.generation);
  });
});

describe('guardPods', () => {
  test.concurrent('is content with pods that stay up', async () => {
    const { input } = await watched('steady', '2.0');
    const verdict = await run(where.activities.guardPods, { ...input, until: Date.now() + 2_000 });
    expect(verdict).toMatchObject({ outcome: 'complete', evidence: [] });
    expect(verdict.summary).toContain('2 of 2 pods ready, none restarted');
  });

  test.concurrent('finds a pod that dies after it was ready', async () => {
    const { input, verdict } = await watched('dying', '2.0-dies8');
    expect(verdict.outcome).toBe('complete');
    const guarded = await run(where.activities.guardPods, { ...input, until: soon(40) });
    expect(guarded.outcome).toBe('failed');
    expect(guarded.summary).toMatch(/After the rollout .*exit code 2/);
    expect(guarded.evidence[0]).toMatchObject({ exitCode: 2 });
  });

  test.concurrent('finds a restart from before its own attempt, by the heartbeat of the one before', async () => {
    const { input } = await watched('gap', '2.0-dies10', { replicas: 1 });
    await until('the pod has died once', async () =>
      (await podsOf(where, 'gap')).some((pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0),
    );
    const mock = runner({ attempt: 2, heartbeatDetails: { baseline: { 'guard/started': 1 } } });
    const verdict = await mock.run(where.activities.guardPods, { ...input, until: soon(60) });
    expect(verdict.outcome).toBe('failed');
    expect(verdict.summary).toMatch(/restarted once/);
  });

  test.concurrent('finds readiness that comes and goes', async () => {
    const { input, verdict } = await watched('flapping', '2.0-flap', { replicas: 1 });
    expect(verdict.outcome).toBe('complete');
    const guarded = await run(where.activities.guardPods, { ...input, until: soon(90) });
    expect(guarded.outcome).toBe('failed');
    expect(guarded.summary).toMatch(/lost its readiness 3 times|has not been ready/);
  });
});
