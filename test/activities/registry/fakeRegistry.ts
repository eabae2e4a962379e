import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export interface Content {
  body: string;
  type: string;
}

/** Answers of one repository by path below `/v2/<repository>/`, as the distribution API gives them. */
export function registryAnswers(content: Record<string, Content>, repository = 'team/app') {
  return (req: IncomingMessage, res: ServerResponse): void => {
    const base = `/v2/${repository}/`;
    const found = req.url?.startsWith(base) ? content[req.url.slice(base.length)] : undefined;
    if (!found) {
      const body = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown', detail: 'unknown tag' }] };
      res.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    res.writeHead(200, { 'content-type': found.type, 'docker-content-digest': sha256(found.body) }).end(found.body);
  };
}

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

const config = JSON.stringify({ os: 'linux', architecture: 'arm', variant: 'v7', config: {} });
const manifest = JSON.stringify({
  schemaVersion: 2,
  config: { digest: sha256(config), size: config.length },
  layers: [],
});
const index = JSON.stringify({
  schemaVersion: 2,
  manifests: [
    { digest: sha256('a'), platform: { os: 'linux', architecture: 'amd64' } },
    { digest: sha256('b'), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { digest: sha256('c'), platform: { os: 'unknown', architecture: 'unknown' } },
  ],
});

/** A single-platform image `single`, a multi-platform image `multi`. */
export const images = {
  'manifests/single': { body: manifest, type: OCI_MANIFEST },
  'manifests/multi': { body: index, type: OCI_INDEX },
  [`manifests/${sha256(index)}`]: { body: index, type: OCI_INDEX },
  [`blobs/${sha256(config)}`]: { body: config, type: 'application/octet-stream' },
};
export const digests = { single: sha256(manifest), multi: sha256(index), config: sha256(config) };
