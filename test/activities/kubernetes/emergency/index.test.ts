import { expect, test } from '@jest/globals';
import { activityNames } from '../../../../activities/index.js';
import { connectByContext } from '../../../../activities/kubernetes/index.js';
import { createEmergencyActivities } from '../../../../activities/kubernetes/emergency/index.js';
import { run, runRef } from '../support.js';
import { surveyInput } from './support.js';

const unused = (): never => {
  throw new Error('not called here');
};
const evidence = { create: unused, read: unused, reference: unused, list: unused };
const at = (server: string) =>
  createEmergencyActivities({
    connect: connectByContext((config) =>
      config.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: false }, { name: 'u' }),
    ),
    evidence,
  });

test('a worker registers all of them', () => {
  expect(activityNames()).toEqual(expect.arrayContaining(Object.keys(at('http://127.0.0.1:1'))));
});

test('an API server that is away is tried again, an unknown context is not', async () => {
  const { surveySystem, compareWithSnapshot, setAutoscalerRange, restartWorkload } = at('http://127.0.0.1:1');
  const away = { type: 'ApiUnavailable', nonRetryable: false };
  const place = { namespace: 'prod' };
  const ref = { ...place, kind: 'Deployment' as const, name: 'web' };
  await expect(run(surveySystem, surveyInput('prod'))).rejects.toMatchObject(away);
  const range = { ref, autoscaler: 'web', min: 1, max: 2, run: runRef() };
  await expect(run(setAutoscalerRange, range)).rejects.toMatchObject(away);
  await expect(run(restartWorkload, { ref, uid: 'u', templateHash: 'h', run: runRef() })).rejects.toMatchObject(away);
  expect(await run(compareWithSnapshot, { place, objects: [] })).toEqual([]);
  const elsewhere = surveyInput('prod', { place: { ...place, context: 'nowhere' } });
  await expect(run(surveySystem, elsewhere)).rejects.toMatchObject({
    type: 'KubernetesMisconfigured',
    nonRetryable: true,
  });
});
