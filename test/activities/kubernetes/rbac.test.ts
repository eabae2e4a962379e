import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster, cluster, deploy, run, runRef, SANDBOX_MS, soon, until, withRights } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

test('the rights of deploy/rbac are enough for a failed update, its rollback, and scaling, and inspection misses none', async () => {
  const file = new URL('../../../deploy/rbac/clusterrole.yaml', import.meta.url);
  const role = parse(await readFile(file, 'utf8')) as { rules: object[] };
  const activities = await withRights(where, 'belay-worker', role.rules);
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
    const ref = await deploy(where, { kind, name: `web-${kind.toLowerCase()}`, replicas: 1 });
    const facts = await until('it is healthy', async () => {
      const found = await run(activities.inspectWorkload, { ref, verbs: 'update' as const });
      if (!found.found) throw new Error(found.problem);
      return found.facts.healthy && found.facts;
    });
    expect(facts.missingRights).toEqual([]);
    const guard = { ref, uid: facts.uid, templateHash: facts.templateHash, run: runRef() };
    const image = 'registry.example.com/team/web:2.0-crash';
    const saved = await run(activities.saveState, { ...guard, healthy: true });
    const identity = await run(activities.setImage, { ...guard, container: 'app', image });
    const bad = await run(activities.watchRollout, { ref, identity, deadlineAt: soon() });
    expect(bad.outcome).toBe('failed');
    expect(bad.evidence[0]).toMatchObject({ exitCode: 1, log: expect.any(String), events: expect.any(Array) });
    const entry = { image, templateHash: identity.templateHash, reason: bad.summary, run: 'w/r', at: identity.at };
    await run(activities.quarantine, { ref, uid: facts.uid, entry });
    await run(activities.listRevisions, { ref });
    const back = { ...guard, templateHash: identity.templateHash, secret: saved.secret };
    const restored = await run(activities.restoreState, back);
    await run(activities.deleteStuckPods, { ref, uid: facts.uid, templateHash: restored.templateHash });
    const good = await run(activities.watchRollout, { ref, identity: restored, deadlineAt: soon() });
    expect(good.outcome).toBe('complete');
    await run(activities.markVerified, guard);
    if (kind === 'DaemonSet') continue;
    await run(activities.readScale, { ref });
    expect(await run(activities.setReplicas, { ref, uid: facts.uid, replicas: 0, run: runRef() })).toEqual({
      previous: 1,
    });
    expect(await run(activities.waitScaled, { ref, replicas: 0, deadlineAt: soon() })).toMatchObject({
      outcome: 'reached',
    });
  }
});
