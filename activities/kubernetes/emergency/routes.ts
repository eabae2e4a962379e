import { fieldsOf } from './fields.js';
import { RESOURCES } from './resources.js';
import type { Holdings, HttpRoute, Ingress } from './shapes.js';
import type { RouteKind, SavedObject } from './types.js';

/** What is saved of that which brings traffic. Pure. */
export function savedRoutes(
  namespace: string,
  { ingresses, httpRoutes }: Pick<Holdings, 'ingresses' | 'httpRoutes'>,
): SavedObject[] {
  const hosts = ({ spec }: Ingress): string[] => (spec?.rules ?? []).flatMap(({ host }) => host ?? []);
  return [
    ...ingresses.map((one) => savedRoute('Ingress', namespace, one, hosts(one))),
    ...httpRoutes.map((one) => savedRoute('HTTPRoute', namespace, one, one.spec?.hostnames ?? [])),
  ];
}

function savedRoute(kind: RouteKind, namespace: string, object: Ingress | HttpRoute, hosts: string[]): SavedObject {
  const { name, uid } = object.metadata;
  return {
    ref: { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid },
    role: 'route',
    fields: fieldsOf(kind, object),
    facts: { hosts: [...new Set(hosts)] },
  };
}
