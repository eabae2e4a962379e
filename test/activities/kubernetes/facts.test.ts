import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../activities/kubernetes/api/apiError.js';
import { rightOf, toFailure } from '../../../activities/kubernetes/api/failure.js';
import { ownersOf } from '../../../activities/kubernetes/inspect/owners.js';
import { quantity } from '../../../activities/kubernetes/inspect/quantity.js';
import { quotaProblems } from '../../../activities/kubernetes/inspect/quota.js';
import type { PodTemplate, Workload } from '../../../activities/kubernetes/model/objects.js';
import { selectorQuery, selects } from '../../../activities/kubernetes/model/selector.js';
import { templateHash } from '../../../activities/kubernetes/model/templateHash.js';
import { templateRedactor } from '../../../activities/kubernetes/redact.js';
import type { WorkloadRef } from '../../../activities/kubernetes/types.js';
import { template, workload } from './samples.js';

describe('templateHash', () => {
  const variant = (change: object): PodTemplate => ({ ...template, ...change });

  test.each<[string, object]>([
    ["the ReplicaSet's label", { metadata: { labels: { app: 'web', 'pod-template-hash': '5d' } } }],
    ["a ControllerRevision's directive", { $patch: 'replace' }],
    ['a null timestamp', { metadata: { creationTimestamp: null, labels: { app: 'web' } } }],
    ['another order of keys', { spec: { containers: [{ image: 'team/web:2.0', name: 'app' }] } }],
  ])('is the same with %s', (_, change) => {
    expect(templateHash(variant(change))).toBe(templateHash(template));
  });

  test.each<[string, object]>([
    ['an image', { spec: { containers: [{ name: 'app', image: 'team/web:2.1' }] } }],
    ['a field that this client does not know', { spec: { ...template.spec, somethingNew: { grpc: 1 } } }],
    ['a label', { metadata: { labels: { app: 'web', extra: 'yes' } } }],
  ])('differs with %s', (_, change) => {
    expect(templateHash(variant(change))).not.toBe(templateHash(template));
  });
});

describe('templateRedactor', () => {
  const hide = templateRedactor(
    [
      {
        spec: {
          containers: [
            {
              name: 'worker',
              env: [
                { name: 'PASSWORD', value: 'pa"ss\\word' },
                { name: 'KEY', value: 'line-one-secret\nline-two-secret\n' },
                { name: 'SHORT', value: 'abc' },
                { name: 'FLAG', value: 'true' },
                { name: 'NAME', value: 'web' },
                { name: 'WHO', value: 'worker' },
                { name: 'LONG', value: 'secret-and-more' },
                { name: 'PART', value: 'secret' },
              ],
            },
          ],
          initContainers: [{ name: 'init', env: [{ name: 'TOKEN', value: 'init-token' }] }],
        },
      },
    ],
    ['web'],
  );

  test.each([
    ['raw pa"ss\\word here', 'raw [redacted] here'],
    ['quoted "pa\\"ss\\\\word"', 'quoted "[redacted]"'],
    ['a log says line-two-secret', 'a log says [redacted]'],
    ['init-token', '[redacted]'],
    ['secret-and-more', '[redacted]'],
    ['abc is true for container worker of web', 'abc is true for container worker of web'],
  ])('%s', (text, hidden) => {
    expect(hide(text)).toBe(hidden);
  });
});

describe('toFailure', () => {
  const ref: WorkloadRef = { namespace: 'prod', kind: 'Deployment', name: 'web' };
  const call = { method: 'PATCH', path: '/apis/apps/v1/namespaces/prod/deployments/web' };

  test.each<[number, string, boolean, string]>([
    [400, 'Invalid', true, 'Correct the change'],
    [403, 'Forbidden', true, 'Grant patch deployments.apps in namespace prod'],
    [404, 'NotFound', true, 'Correct namespace, kind or name (Deployment prod/web)'],
    [405, 'MethodNotAllowed', true, 'does not offer the call'],
    [422, 'Invalid', true, 'Correct the change'],
    [401, 'Unauthorized', false, 'credentials are not accepted'],
    [409, 'Conflict', false, '409 words'],
    [429, 'Throttled', false, '429 words'],
    [500, 'ApiUnavailable', false, '500 words'],
    [503, 'ApiUnavailable', false, '503 words'],
    [0, 'ApiUnavailable', false, 'did not answer PATCH'],
  ])('%i is %s', (status, type, nonRetryable, words) => {
    const failure = toFailure(new ApiError(status, '', 'words', call), ref);
    expect(failure).toMatchObject({ type, nonRetryable, message: expect.stringContaining(words) });
  });

  test('honours Retry-After, hides env values, and lets a server that is starting be asked again', () => {
    const later = toFailure(new ApiError(429, '', 'slow down', call, 7_000), ref);
    expect(later).toMatchObject({ nextRetryDelay: 7_000 });
    const hidden = toFailure(new ApiError(422, '', 'value: hunter2', call), ref, (text) =>
      text.replace('hunter2', '***'),
    );
    expect(hidden).toMatchObject({ message: expect.stringContaining('value: ***') });
    const starting = new ApiError(403, '', 'deployments is forbidden: not yet ready to handle request', call);
    expect(toFailure(starting, ref)).toMatchObject({ nonRetryable: false });
    const other = new Error('a defect');
    expect(toFailure(other, ref)).toBe(other);
  });

  test.each([
    ['GET', '/api/v1/namespaces/prod/pods', 'list pods'],
    ['GET', '/api/v1/namespaces/prod/pods/web-1/log', 'get pods/log'],
    ['POST', '/api/v1/namespaces/prod/secrets', 'create secrets'],
    ['DELETE', '/api/v1/namespaces/prod/pods/web-1', 'delete pods'],
    ['GET', '/apis/policy/v1/namespaces/prod/poddisruptionbudgets', 'list poddisruptionbudgets.policy'],
  ])('%s %s needs %s', (method, path, right) => {
    expect(rightOf({ method, path })).toBe(right);
  });
});

describe('ownersOf', () => {
  const marked = (metadata: Partial<Workload['metadata']>): Workload => {
    const plain = workload('Deployment');
    return { ...plain, metadata: { ...plain.metadata, ...metadata } };
  };
  const instance = { 'app.kubernetes.io/instance': 'shop' };

  test.each<[string, Partial<Workload['metadata']>, object[]]>([
    ['nobody', {}, []],
    ['a label that others use too', { labels: instance }, []],
    [
      'Argo CD by its field manager',
      { labels: instance, managedFields: [{ manager: 'argocd-controller' }] },
      [{ manager: 'Argo CD', detail: 'application shop' }],
    ],
    [
      'Argo CD by label',
      { labels: { 'argocd.argoproj.io/instance': 'shop' } },
      [{ manager: 'Argo CD', detail: 'application shop' }],
    ],
    [
      'Argo CD by tracking id',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web' } },
      [{ manager: 'Argo CD', detail: 'application shop' }],
    ],
    [
      'Flux by HelmRelease',
      { labels: { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'prod' } },
      [{ manager: 'Flux', detail: 'HelmRelease prod/web' }],
    ],
    [
      'Helm',
      {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'prod' },
      },
      [{ manager: 'Helm', detail: 'release prod/web' }],
    ],
    ['a chart rendered without Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, []],
  ])('%s', (_, metadata, owners) => {
    expect(ownersOf(marked(metadata))).toEqual(owners);
  });
});

describe('quotaProblems', () => {
  const strict = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } };
  const needy: PodTemplate = {
    spec: { containers: [{ name: 'app', resources: { requests: { memory: '1.5Gi' }, limits: { cpu: '500m' } } }] },
  };
  const quota = (hard: Record<string, string>, used: Record<string, string>, scopes?: string[]) => ({
    metadata: { name: 'tight', uid: 'q' },
    spec: { ...(scopes ? { scopes } : {}) },
    status: { hard, used },
  });

  test.each<[string, Partial<Workload['spec']>, ReturnType<typeof quota>, RegExp | undefined]>([
    ['pods', { strategy: strict }, quota({ pods: '2' }, { pods: '2' }), /pods 2 of 2 used/],
    ['room for one', { strategy: strict }, quota({ pods: '3' }, { pods: '2' }), undefined],
    [
      'memory',
      { strategy: strict, template: needy },
      quota({ 'requests.memory': '4Gi' }, { 'requests.memory': '3Gi' }),
      /requests.memory 3Gi of 4Gi/,
    ],
    [
      'cpu requests that follow from limits',
      { strategy: strict, template: needy },
      quota({ cpu: '1' }, { cpu: '750m' }),
      /cpu 750m of 1 used/,
    ],
    ['an old pod may go first', { replicas: 4 }, quota({ pods: '4' }, { pods: '4' }), undefined],
    [
      'both zero, so one goes first',
      { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } },
      quota({ pods: '2' }, { pods: '2' }),
      undefined,
    ],
    ['Recreate', { strategy: { type: 'Recreate' } }, quota({ pods: '2' }, { pods: '2' }), undefined],
    ['a scoped quota', { strategy: strict }, quota({ pods: '2' }, { pods: '2' }, ['BestEffort']), undefined],
  ])('%s', (_, spec, of, words) => {
    const problems = quotaProblems('Deployment', workload('Deployment', {}, spec), [of]);
    expect(problems.join()).toMatch(words ?? /^$/);
  });

  test.each([
    ['250m', 0.25],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['2e3', 2_000],
    ['3k', 3_000],
    ['12', 12],
    ['', undefined],
    ['12 apples', undefined],
  ])('the quantity %s', (text, value) => {
    expect(quantity(text)).toBe(value);
  });
});

describe('label selectors', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'env', operator: 'NotIn', values: ['test'] },
      { key: 'old', operator: 'DoesNotExist' },
      { key: 'tier', operator: 'Exists' },
    ],
  };

  test('become a query and select', () => {
    expect(selectorQuery(selector)).toBe('app=web,tier in (a,b),env notin (test),!old,tier');
    expect(selects(selector, { app: 'web', tier: 'a' })).toBe(true);
    expect(selects(selector, { app: 'web', tier: 'c' })).toBe(false);
    expect(selects(selector, { app: 'web', tier: 'a', env: 'test' })).toBe(false);
    expect(selects(selector, { app: 'web', tier: 'a', old: 'x' })).toBe(false);
    expect(selects({}, {})).toBe(true);
  });
});
