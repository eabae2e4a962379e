import { beforeAll, describe, expect, test } from '@jest/globals';
import { workloadPath } from '../../../activities/kubernetes/model/paths.js';
import {
  cluster,
  type Cluster,
  create,
  deploy,
  healthy,
  live,
  merge,
  REPOSITORY,
  run,
  runRef,
  SANDBOX_MS,
  until,
} from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

async function prepared(name: string, more = {}) {
  const ref = await deploy(where, { name, replicas: 1, ...more });
  const facts = await healthy(where, ref);
  const guarded = { ref, uid: facts.uid, templateHash: facts.templateHash, run: runRef() };
  const write = (tag: string, over = {}) =>
    run(where.activities.setImage, { ...guarded, container: 'app', image: `${REPOSITORY}:${tag}`, ...over });
  return { ref, facts, guarded, write };
}

describe('setImage', () => {
  test.concurrent('writes the image once, with marks, and finds its own write again', async () => {
    const { ref, facts, guarded, write } = await prepared('once');
    const preview = await run(where.activities.previewImage, { ref, container: 'app', image: `${REPOSITORY}:2.0` });
    const first = await write('2.0');
    const again = await write('2.0');
    expect(again).toEqual(first);
    expect(first).toMatchObject({ uid: facts.uid, changed: true, templateHash: preview.templateHash });
    expect(first.templateHash).not.toBe(facts.templateHash);
    const now = await live(where, ref);
    expect(first.generation).toBe(now.metadata.generation);
    expect(now.spec.template.spec.containers[0]?.image).toBe(`${REPOSITORY}:2.0`);
    const { workflowId, runId } = guarded.run;
    expect(now.metadata.annotations).toMatchObject({
      'belay.dev/run': `${workflowId}/${runId}`,
      'kubernetes.io/change-cause': `belay ${workflowId}: ${REPOSITORY}:2.0 by ada: test`,
    });
    expect(now.metadata.managedFields?.some((field) => field.manager === 'belay' && field.time === first.at)).toBe(
      true,
    );
  });

  test.concurrent('says that nothing changed when the image stands there already', async () => {
    const { facts, write } = await prepared('same');
    expect(await write('1.0')).toMatchObject({ changed: false, templateHash: facts.templateHash });
  });

  test.concurrent('takes an image pinned by digest', async () => {
    const { ref, write } = await prepared('pinned');
    const pinned = `2.0@sha256:${'a'.repeat(64)}`;
    await write(pinned);
    expect((await live(where, ref)).spec.template.spec.containers[0]?.image).toBe(`${REPOSITORY}:${pinned}`);
  });

  test.concurrent("leaves a stranger's template alone", async () => {
    const { ref, write } = await prepared('stranger');
    const image = { spec: { template: { metadata: { annotations: { by: 'stranger' } } } } };
    await merge(where.clients, workloadPath(ref), image);
    await expect(write('2.0')).rejects.toMatchObject({ type: 'Superseded', nonRetryable: true });
    expect((await live(where, ref)).spec.template.spec.containers[0]?.image).toBe(`${REPOSITORY}:1.0`);
  });

  test.concurrent("does not mistake a stranger's change after its own write for its own", async () => {
    const { ref, write } = await prepared('later');
    await write('2.0');
    await merge(where.clients, workloadPath(ref), { spec: { template: { metadata: { labels: { extra: 'yes' } } } } });
    await expect(write('2.0')).rejects.toMatchObject({ type: 'Superseded' });
  });

  test.concurrent('tolerates that an autoscaler changes the replicas meanwhile', async () => {
    const { ref, write } = await prepared('scaled');
    await merge(where.clients, workloadPath(ref), { spec: { replicas: 3 } });
    expect(await write('2.0')).toMatchObject({ changed: true });
    expect((await live(where, ref)).spec.replicas).toBe(3);
  });

  test.concurrent('refuses an object that was created anew', async () => {
    const { ref, write } = await prepared('anew');
    await where.clients.call({ method: 'DELETE', path: workloadPath(ref) });
    await expect(write('2.0')).rejects.toMatchObject({ type: 'TargetReplaced', nonRetryable: true });
    await deploy(where, { name: 'anew', replicas: 1 });
    await expect(write('2.0')).rejects.toMatchObject({ type: 'TargetReplaced', nonRetryable: true });
  });

  test.concurrent('names the containers there are', async () => {
    const { write } = await prepared('nocontainer');
    await expect(write('2.0', { container: 'sidecar' })).rejects.toMatchObject({
      type: 'Invalid',
      nonRetryable: true,
      message: expect.stringContaining('no container "sidecar"; it has app'),
    });
  });

  test.concurrent('changes an init container, and bounds the change cause', async () => {
    const { ref, guarded, write } = await prepared('init', {
      spec: {
        template: {
          metadata: { labels: { app: 'init' } },
          spec: {
            initContainers: [{ name: 'migrate', image: `${REPOSITORY}:1.0` }],
            containers: [{ name: 'app', image: `${REPOSITORY}:1.0` }],
          },
        },
      },
    });
    await write('2.0', { container: 'migrate', run: { ...guarded.run, reason: 'x'.repeat(900) } });
    const now = await live(where, ref);
    expect(now.spec.template.spec.initContainers?.[0]?.image).toBe(`${REPOSITORY}:2.0`);
    expect(now.metadata.annotations?.['kubernetes.io/change-cause']).toHaveLength(500);
  });

  test.concurrent('hides plain env values when admission refuses with them in its words', async () => {
    const env = { PASSWORD: 'hunter2-very-secret' };
    const { ref, write } = await prepared('secretive', { env });
    await refuse('2.0-refused', `'is not for ' + object.spec.template.spec.containers[0].env[0].value`);
    const image = `${REPOSITORY}:2.0-refused`;
    const preview = await until('the policy is in force', async () => {
      const answer = await run(where.activities.previewImage, { ref, container: 'app', image });
      return !answer.accepted && answer;
    });
    expect(preview.message).toContain('is not for [redacted]');
    const failure: unknown = await write('2.0-refused').catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'Invalid', nonRetryable: true });
    expect(`${JSON.stringify(preview)} ${String(failure)}`).not.toContain('hunter2');
  });
});

/** An admission policy for this namespace that refuses an image tag. */
async function refuse(tag: string, messageExpression: string): Promise<void> {
  const base = '/apis/admissionregistration.k8s.io/v1';
  const { namespace, clients } = where;
  const resourceRules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
  ];
  const expression = `!object.spec.template.spec.containers[0].image.endsWith('${tag}')`;
  await create(clients, `${base}/validatingadmissionpolicies`, {
    metadata: { name: namespace },
    spec: { matchConstraints: { resourceRules }, validations: [{ expression, messageExpression }] },
  });
  await create(clients, `${base}/validatingadmissionpolicybindings`, {
    metadata: { name: namespace },
    spec: {
      policyName: namespace,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    },
  });
}

describe('setPaused', () => {
  test.concurrent('pauses and resumes a Deployment, repeatably', async () => {
    const { ref, guarded } = await prepared('pausable');
    for (const paused of [true, true, false]) {
      await run(where.activities.setPaused, { ...guarded, paused });
      expect((await live(where, ref)).spec.paused ?? false).toBe(paused);
    }
    const other = { ...guarded, ref: { ...ref, kind: 'DaemonSet' as const }, paused: true };
    await expect(run(where.activities.setPaused, other)).rejects.toMatchObject({ type: 'Invalid' });
  });
});
