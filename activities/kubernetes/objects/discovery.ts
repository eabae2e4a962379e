import { ApiError } from '../api/apiError.js';
import { type Api, inParallel } from './api.js';
import { type Kind, versionPath } from './model.js';

interface Group {
  name: string;
  versions: { groupVersion: string }[];
  preferredVersion?: { groupVersion: string };
}

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

export interface Discovery {
  kinds: Kind[];
  /** Extension servers that did not answer: their kinds are not known. */
  silent: { group: string; why: string }[];
}

const AT_ONCE = 6;

/**
 * Every kind that can be listed and created, each in the version that the server prefers (or the first that has it). The category
 * `all` plays no part. A silent extension server is reported; Kubernetes' own groups and custom resources must answer.
 */
export async function discover(api: Api): Promise<Discovery> {
  const { groups } = await api.get<{ groups: Group[] }>('/apis');
  const all: Group[] = [{ name: '', versions: [{ groupVersion: 'v1' }] }, ...groups];
  const external = await externalVersions(api);
  const found = await inParallel(all, AT_ONCE, (group) => kindsOf(api, group, external));
  return {
    kinds: found.flatMap((one) => ('kinds' in one ? one.kinds : [])),
    silent: found.flatMap((one) => ('why' in one ? [one] : [])),
  };
}

/** Versions that another server than Kubernetes' own answers for. */
async function externalVersions(api: Api): Promise<Set<string>> {
  interface Service {
    spec: { group: string; version: string; service?: unknown };
  }
  try {
    const { items } = await api.get<{ items: Service[] }>('/apis/apiregistration.k8s.io/v1/apiservices');
    return new Set(items.filter(({ spec }) => spec.service).map(({ spec }) => `${spec.group}/${spec.version}`));
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.status)) return new Set();
    throw error;
  }
}

type Found = { kinds: Kind[] } | { group: string; why: string };

async function kindsOf(api: Api, { name, versions, preferredVersion }: Group, external: Set<string>): Promise<Found> {
  const order = [
    ...new Set([
      ...(preferredVersion ? [preferredVersion.groupVersion] : []),
      ...versions.map((one) => one.groupVersion),
    ]),
  ];
  const kinds = new Map<string, Kind>();
  try {
    for (const apiVersion of order) {
      const { resources } = external.has(apiVersion)
        ? (await api.clients.call<{ resources: Resource[] }>({ path: versionPath(apiVersion), signal: api.signal }))
            .body
        : await api.get<{ resources: Resource[] }>(versionPath(apiVersion));
      const apart = new Set(resources.map((one) => one.name));
      for (const { name: resource, kind, namespaced, verbs } of resources) {
        if (resource.includes('/') || kinds.has(resource)) continue;
        if (!['list', 'get', 'create'].every((verb) => verbs.includes(verb))) continue;
        kinds.set(resource, { apiVersion, kind, resource, namespaced, statusApart: apart.has(`${resource}/status`) });
      }
    }
  } catch (error) {
    api.signal.throwIfAborted();
    if (!(error instanceof ApiError) || !order.some((version) => external.has(version))) throw error;
    return { group: name, why: `its extension server does not answer (${error.status || error.reason})` };
  }
  return { kinds: [...kinds.values()] };
}
