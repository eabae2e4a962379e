import { ApplicationFailure } from '@temporalio/common';
import type { WorkloadRef } from '../types.js';
import { bounded } from '../../secrets/redact.js';
import { ApiError, isTransient } from './apiError.js';

const FINAL: Record<number, string> = {
  400: 'Invalid',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'Invalid',
  410: 'NotFound',
  413: 'Invalid',
  415: 'Invalid',
  422: 'Invalid',
};

const CURE: Record<string, (ref: WorkloadRef, error: ApiError) => string> = {
  Forbidden: (ref, { call }) =>
    `Grant ${rightOf(call)} in namespace ${ref.namespace} to the worker's identity, as deploy/rbac does.`,
  NotFound: (ref) => `Correct namespace, kind or name (${ref.kind} ${ref.namespace}/${ref.name}), or create it.`,
  Invalid: () => 'Correct the change; the cluster will refuse it again as it is.',
  MethodNotAllowed: () => 'This cluster does not offer the call; is an aggregated API or a proxy in between?',
};

const VERB: Record<string, string> = { GET: 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' };

/** `patch deployments.apps` from a call's method and path. A list has no name behind the resource. */
export function rightOf(call: { method: string; path: string }): string {
  const parts = call.path.split('/').filter((part) => part !== '');
  const group = parts[0] === 'apis' ? `.${parts[1]}` : '';
  const from = parts.indexOf('namespaces');
  // Without a resource behind it, a Namespace itself is meant.
  const inside = from >= 0 && parts.length > from + 2;
  const [resource = '', name, subresource] = !inside ? parts.slice(group ? 3 : 2) : parts.slice(from + 2);
  const verb = call.method === 'GET' && name === undefined ? 'list' : (VERB[call.method] ?? call.method.toLowerCase());
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${group}`;
}

/**
 * The ApplicationFailure for an API error. Final: `NotFound`, `Forbidden`, `Invalid`, `MethodNotAllowed`. Retried, after the
 * server's own Retry-After where it gives one: `Conflict`, `Throttled` (429), `Unauthorized` (tokens rotate), `ApiUnavailable` (5xx, timeouts, refused and
 * reset connections). Anything else is returned as it is. `hide` removes plain env values from the server's words.
 */
export function toFailure(error: unknown, ref: WorkloadRef, hide: (text: string) => string = (text) => text): unknown {
  if (!(error instanceof ApiError)) return error;
  const words = bounded(hide(error.message), 1_000).replace(/\.$/, '');
  const what = `${error.call.method} ${error.call.path}`;
  const options = error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs };
  if (!isTransient(error) && error.status !== 409) {
    const type = FINAL[error.status] ?? 'Invalid';
    return ApplicationFailure.nonRetryable(`${what}: ${words}. ${CURE[type]?.(ref, error) ?? ''}`.trim(), type);
  }
  const type = { 401: 'Unauthorized', 409: 'Conflict', 429: 'Throttled' }[error.status] ?? 'ApiUnavailable';
  const cure =
    error.status === 401
      ? " The worker's credentials are not accepted: renew the token or certificate in its kubeconfig."
      : '';
  const message =
    error.status === 0
      ? `The Kubernetes API server did not answer ${what}: ${words}.`
      : `${what}: ${error.status} ${words}.${cure}`;
  return ApplicationFailure.create({ message, type, nonRetryable: false, ...options });
}
