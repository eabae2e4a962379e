import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import { gitOpsOf, merged, unseen } from '../../../../activities/kubernetes/emergency/gitops.js';
import { unreadable } from '../../../../activities/kubernetes/emergency/holdings.js';
import { problemsOf } from '../../../../activities/kubernetes/emergency/problems.js';
import { savedWorkload } from '../../../../activities/kubernetes/emergency/workloads.js';
import { workload } from '../samples.js';
import { input, meta, owner, pod } from './samples.js';

describe('GitOps marks', () => {
  const application = (namespace: string, name: string) => ({ kind: 'Application', namespace, name });
  const byArgo = { managedFields: [{ manager: 'argocd-controller' }] };
  test.each([
    [
      'tracking id',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web' } },
      [application('argocd', 'shop')],
      false,
    ],
    [
      'an application elsewhere',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'team-a_shop:apps/Deployment:prod/web' } },
      [application('team-a', 'shop')],
      false,
    ],
    ['Argo CD without a name', byArgo, [], true],
    [
      'Argo CD with the common label',
      { ...byArgo, labels: { 'app.kubernetes.io/instance': 'shop' } },
      [application('argocd', 'shop')],
      false,
    ],
    [
      'Flux',
      {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      },
      [{ kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }],
      false,
    ],
    [
      'Flux without a namespace',
      { namespace: 'prod', labels: { 'helm.toolkit.fluxcd.io/name': 'web' } },
      [{ kind: 'HelmRelease', namespace: 'prod', name: 'web' }],
      false,
    ],
    [
      'Helm alone',
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'web' } },
      [],
      false,
    ],
    ['none', {}, [], false],
  ])('%s', (_, more, refs, unnamed) => {
    expect(gitOpsOf(meta('web', more))).toEqual({ refs, unnamed });
  });

  test('many workloads lead to one object', () => {
    const ref = { kind: 'Application' as const, namespace: 'argocd', name: 'shop' };
    expect(
      merged([
        { ref, manages: [] },
        { ref: { ...ref }, manages: ['Deployment/a'] },
        { ref: { ...ref }, manages: ['Deployment/b', 'Deployment/a'] },
      ]),
    ).toEqual([{ ref, manages: ['Deployment/a', 'Deployment/b'] }]);
  });
});

test.each([
  ['described', [], undefined, "Application argocd/shop is in the system's description and not in the cluster"],
  ['marked', ['Deployment/web'], undefined, 'manages Deployment/web by their marks and was not found in this cluster'],
  ['many', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], undefined, 'manages a, b, c, d, e and 2 more by their marks'],
  ['refused', ['Deployment/web'], 'No.', 'manages Deployment/web by their marks and may undo what is stopped. No.'],
  ['described, refused', [], 'No.', 'is named under gitops and may undo what is stopped. No.'],
])('a GitOps object that is not seen: %s', (_, manages, refused, sentence) => {
  const ref = { kind: 'Application' as const, namespace: 'argocd', name: 'shop' };
  expect(unseen({ ref, manages }, refused)).toContain(sentence);
});

describe('problems', () => {
  const web = savedWorkload('prod', { kind: 'Deployment', workload: workload('Deployment'), pods: [] }, input);
  const nothing = { described: [], workloads: [web], others: [], unnamed: [] };
  const operated = { ...web, facts: { owner: 'Postgresql db' } };
  const described = (name: string) => ({
    ...nothing,
    described: [{ kind: 'Deployment' as const, name, tier: 'edge' }],
  });
  test.each([
    ['nothing', described('web'), []],
    ['missing', described('wep'), ["Deployment/wep is in the system's description and not in namespace prod"]],
    ['an operator', { ...nothing, workloads: [operated] }, ['belongs to Postgresql db']],
    ['unnamed', { ...nothing, unnamed: ['Deployment/web'] }, ['manages Deployment/web and no mark tells']],
    [
      'a lone pod',
      { ...nothing, others: [pod('lone'), pod('r-1', owner('ReplicaSet', 'r'))] },
      ['2 pods belong to no Deployment, StatefulSet, DaemonSet or Job and go on running: lone, r-1 (of ReplicaSet r)'],
    ],
    [
      'pods that end by themselves',
      { ...nothing, others: [pod('j', owner('Job', 'j')), { ...pod('d'), status: { phase: 'Succeeded' } }] },
      [],
    ],
  ])('%s', (_, sight, sentences) => {
    const found = problemsOf('prod', sight);
    expect(found).toEqual(sentences.map((sentence) => expect.stringContaining(sentence)));
  });
});

describe('reads that are refused', () => {
  const core = '/api/v1/namespaces/prod/pods';
  const keda = '/apis/keda.sh/v1alpha1/namespaces/prod/scaledobjects';
  test.each([
    ['forbidden', 403, core, 'no', 'may not list pods in namespace prod'],
    ['a broken extension', 503, keda, 'no', 'The extension that serves scaledobjects.keda.sh answers 503'],
    ['a broken API server', 503, core, 'no', undefined],
    ['an API server that starts', 403, core, 'not yet ready to handle request', undefined],
    ['throttled', 429, keda, 'no', undefined],
  ])('%s', (_, status, path, message, sentence) => {
    const said = unreadable('prod', new ApiError(status, 'X', message, { method: 'GET', path }));
    expect(said?.includes(sentence ?? '')).toBe(sentence === undefined ? undefined : true);
  });
});
