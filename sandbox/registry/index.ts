import { createServer, type ServerResponse } from 'node:http';
import { handle, listen, sendJson } from '../host/http.js';
import type { Cluster } from '../kubernetes/client.js';
import { parseImage } from '../kubernetes/image.js';
import type { Content } from './images.js';
import { ImageStore } from './store.js';
import { imagesInUse } from './used.js';

/**
 * A registry after the OCI distribution specification 1.1, read-only, over plain HTTP on 127.0.0.1. It answers for every
 * repository. `POST /_sandbox/delete?ref=<image>` and `…/undelete?ref=<image>` change what it holds.
 * With a cluster it also knows the digests of images that workloads there use.
 */
export async function serveRegistry(port: number, cluster?: Cluster): Promise<{ host: string }> {
  const store = new ImageStore();
  const server = createServer(
    handle(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const path = decodeURIComponent(url.pathname);
      if (path.startsWith('/_sandbox/'))
        return change(store, request.method, path, url.searchParams.get('ref'), response);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return fail(response, 405, 'UNSUPPORTED', 'the sandbox registry is read-only', {});
      }
      if (path === '/v2/' || path === '/v2') return sendJson(response, 200, {}, API_VERSION);
      const [, name, kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(path) ?? [];
      if (name === undefined)
        return fail(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry', { name: path });
      if (!NAME.test(name)) return fail(response, 400, 'NAME_INVALID', 'invalid repository name', { name });
      const { path: repository } = parseImage(name);
      if (kind === 'tags') return sendJson(response, 200, { name, tags: store.tags(repository) }, API_VERSION);
      const content = await find(store, repository, reference, cluster);
      if (content) return send(response, content, request.method === 'HEAD');
      if (kind === 'blobs')
        return fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry', { digest: reference });
      const detail = reference.includes(':') ? { Digest: reference } : { Tag: reference };
      return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown', { Name: name, ...detail });
    }),
  );
  await listen(server, port);
  return { host: `127.0.0.1:${port}` };
}

const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };
const NAME = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

async function find(
  store: ImageStore,
  path: string,
  reference: string,
  cluster?: Cluster,
): Promise<Content | undefined> {
  if (!reference.includes(':')) return TAG.test(reference) ? store.tagged(path, reference) : undefined;
  const known = store.byDigest(path, reference);
  if (known || !cluster) return known;
  for (const image of await imagesInUse(cluster)) store.learn(parseImage(image));
  return store.byDigest(path, reference);
}

function change(
  store: ImageStore,
  method: string | undefined,
  path: string,
  image: string | null,
  response: ServerResponse,
): void {
  const action = path.slice('/_sandbox/'.length);
  if (method !== 'POST' || (action !== 'delete' && action !== 'undelete') || !image) {
    return sendJson(response, 400, {
      error: 'use POST /_sandbox/delete?ref=<repository>:<tag> or /_sandbox/undelete?ref=…',
    });
  }
  store[action](image);
  return sendJson(response, 200, { [action]: image });
}

function send(response: ServerResponse, content: Content, head: boolean): void {
  response.writeHead(200, {
    ...API_VERSION,
    'content-type': content.type,
    'content-length': Buffer.byteLength(content.body),
    'docker-content-digest': content.digest,
    etag: `"${content.digest}"`,
  });
  response.end(head ? undefined : content.body);
}

function fail(response: ServerResponse, status: number, code: string, message: string, detail: object): void {
  sendJson(response, status, { errors: [{ code, message, detail }] }, API_VERSION);
}
