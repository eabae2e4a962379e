import { beforeAll, describe, expect, test } from '@jest/globals';
import { restartWorkload } from '../../../../activities/kubernetes/emergency/restart.js';
import { workloadPath } from '../../../../activities/kubernetes/model/paths.js';
import { withSession } from '../../../../activities/kubernetes/session.js';
import type { RunRef, WorkloadFacts, WorkloadRef } from '../../../../activities/kubernetes/types.js';
import {
  cluster,
  type Cluster,
  deploy,
  healthy,
  live,
  merge,
  podsOf,
  REPOSITORY,
  run,
  runner,
  runRef,
  SANDBOX_MS,
  soon,
} from '../support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

const AT = Date.parse('2026-05-01T10:00:00.123Z');

const restart = (
  ref: WorkloadRef,
  { uid, templateHash }: Pick<WorkloadFacts, 'uid' | 'templateHash'>,
  by: RunRef,
  at = AT,
) =>
  runner({ scheduledTimestampMs: at }).run(
    (input: Parameters<typeof restartWorkload>[1]) =>
      withSession(
        () => where.clients,
        ref,
        (session) => restartWorkload(session, input),
      ),
    { ref, uid, templateHash, run: by },
  );

describe('restartWorkload', () => {
  test.concurrent.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)(
    'rolls the pods of a %s once',
    async (kind) => {
      const ref = await deploy(where, { kind, name: `web-${kind.toLowerCase()}`, replicas: 1 });
      const facts = await healthy(where, ref);
      const before = await podsOf(where, ref.name);
      const by = runRef();
      const identity = await restart(ref, facts, by);
      expect(identity).toMatchObject({ uid: facts.uid, changed: true });
      expect(identity.templateHash).not.toBe(facts.templateHash);
      // As after a worker's death: asked for at another time, and with what the first try was told.
      const again = await restart(ref, facts, by, AT + 60_000);
      expect(again).toEqual(identity);
      const verdict = await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
      expect(verdict.outcome).toBe('complete');
      const after = await podsOf(where, ref.name);
      const old = new Set(before.map((pod) => pod.metadata.uid));
      expect(after.filter((pod) => pod.metadata.deletionTimestamp === undefined && old.has(pod.metadata.uid))).toEqual(
        [],
      );
      const { spec } = await live(where, ref);
      expect(spec.template.metadata?.annotations).toEqual({
        'kubectl.kubernetes.io/restartedAt': '2026-05-01T10:00:00.123Z',
      });
      const another = await restart(ref, identity, runRef(), AT + 60_000);
      expect(another.templateHash).not.toBe(identity.templateHash);
    },
  );

  test.concurrent('leaves another template, another object and a paused Deployment alone', async () => {
    const ref = await deploy(where, { name: 'guarded', replicas: 1 });
    const facts = await healthy(where, ref);
    await expect(restart(ref, { ...facts, uid: 'another' }, runRef())).rejects.toMatchObject({
      type: 'TargetReplaced',
    });
    await expect(restart(ref, { ...facts, templateHash: 'another' }, runRef())).rejects.toMatchObject({
      type: 'Superseded',
    });
    await merge(where.clients, workloadPath(ref), { spec: { paused: true } });
    await expect(restart(ref, facts, runRef())).rejects.toMatchObject({
      type: 'Invalid',
      message: expect.stringContaining('resume it first'),
    });
    await merge(where.clients, workloadPath(ref), { spec: { paused: false } });
    const by = runRef();
    await restart(ref, facts, by);
    const container = { name: 'app', image: `${REPOSITORY}:2.0` };
    await where.clients.call({
      method: 'PATCH',
      path: workloadPath(ref),
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { template: { spec: { containers: [container] } } } },
    });
    await expect(restart(ref, facts, by)).rejects.toMatchObject({ type: 'Superseded' });
  });
});
