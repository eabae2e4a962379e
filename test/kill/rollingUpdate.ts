import type { SandboxState } from '../../sandbox/kit/types.js';
import { createGround, createSite, type Ground, type Site } from '../scenarios/site.js';
import type { KillTest } from './harness.js';
import { clusterState, siteEffects, watchSite } from './observeSite.js';

/** Two small Deployments; `tags` are the images that they are updated to. */
function course(sandbox: SandboxState, tags: { one: string; two: string }): KillTest<Ground, Site> {
  return {
    runbook: 'rollingUpdate',
    mutations: {
      saveState: 'watched',
      setImage: 'watched',
      quarantine: 'watched',
      restoreState: 'watched',
      markVerified: 'watched',
      saveReport: 'unwatched',
    },
    stage: () => createGround(sandbox, 'kill'),
    prepare: (ground) => createSite(sandbox, ground, { workloads: [{ name: 'one' }, { name: 'two' }] }),
    input: (site) => ({
      system: site.name,
      changes: [
        { workload: 'one', image: site.image('one', tags.one) },
        { workload: 'two', image: site.image('two', tags.two) },
      ],
      reason: 'kill test',
      requestedBy: 'tester',
    }),
    endState: clusterState,
    effects: siteEffects,
    watchEffects: watchSite,
  };
}

/** Both services take the new version. */
export const goodCourse = (sandbox: SandboxState) => course(sandbox, { one: '1.1', two: '1.1' });

/** The second service's image crashes: both go back. */
export const rolledBackCourse = (sandbox: SandboxState) => course(sandbox, { one: '1.1', two: '1.1-crash' });
