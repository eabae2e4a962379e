import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fixture, SANDBOX_MS, until, type Fixture } from './support.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
let f: Fixture;

beforeAll(async () => {
  f = await fixture();
  await f.deploy({ used: '7.1' });
}, SANDBOX_MS);

afterAll(() => f?.cluster.core.deleteNamespace({ name: f.namespace }));

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://${f.registryHost}${path}`, init);
}

interface Index {
  manifests: { digest: string; platform: { architecture: string; os: string } }[];
}

test('every tag exists, with the digest of what is served', async () => {
  expect((await get('/v2/')).status).toBe(200);
  const head = await get('/v2/any/thing/manifests/1.2.3', { method: 'HEAD', headers: { accept: INDEX } });
  expect(head.status).toBe(200);
  expect(head.headers.get('content-type')).toBe(INDEX);
  const body = await (await get('/v2/any/thing/manifests/1.2.3')).text();
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  expect(head.headers.get('docker-content-digest')).toBe(digest);
  expect(await (await get(`/v2/any/thing/manifests/${digest}`)).text()).toBe(body);
  expect((JSON.parse(body) as Index).manifests.map(({ platform }) => platform)).toEqual([
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ]);
});

test('manifests and configurations of an index can be followed', async () => {
  const index = (await (await get('/v2/any/deep/manifests/1')).json()) as Index;
  const manifest = (await (await get(`/v2/any/deep/manifests/${index.manifests[0]?.digest}`)).json()) as {
    config: { digest: string };
  };
  const config = await get(`/v2/any/deep/blobs/${manifest.config.digest}`);
  expect(await config.json()).toMatchObject({ architecture: 'amd64', os: 'linux' });
});

test('two tags differ, and -armonly lacks amd64', async () => {
  const digest = async (path: string) => (await get(path, { method: 'HEAD' })).headers.get('docker-content-digest');
  expect(await digest('/v2/any/thing/manifests/1')).not.toBe(await digest('/v2/any/thing/manifests/2'));
  const index = (await (await get('/v2/any/thing/manifests/1-armonly')).json()) as Index;
  expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['arm64']);
});

test.each(['1-gone', '1-missing404'])('tag %s does not exist', async (tag) => {
  const reply = await get(`/v2/any/thing/manifests/${tag}`);
  expect(reply.status).toBe(404);
  expect(await reply.json()).toMatchObject({ errors: [{ code: 'MANIFEST_UNKNOWN', detail: { Tag: tag } }] });
});

test('-missing exists here: only the kubelets fail to pull it', async () => {
  expect((await get('/v2/any/thing/manifests/1-missing')).status).toBe(200);
});

test('an image can be deleted and put back', async () => {
  const path = '/v2/team/removable/manifests/1';
  const digest = (await get(path, { method: 'HEAD' })).headers.get('docker-content-digest');
  await get('/_sandbox/delete?ref=registry.example.com/team/removable:1', { method: 'POST' });
  expect((await get(path)).status).toBe(404);
  expect((await get(`/v2/team/removable/manifests/${digest}`)).status).toBe(404);
  expect((await get('/v2/team/removable/manifests/2')).status).toBe(200);
  await get('/_sandbox/undelete?ref=team/removable:1', { method: 'POST' });
  expect((await get(path)).status).toBe(200);
  expect(await (await get('/v2/team/removable/tags/list')).json()).toEqual({
    name: 'team/removable',
    tags: ['1', '2'],
  });
});

test('the digest that a pod reports is found, also when nobody has asked for its tag', async () => {
  const imageID = await until('imageID', async () => (await f.status('used')).imageID || undefined);
  const digest = imageID.slice(imageID.indexOf('@') + 1);
  expect((await get(`/v2/team/used/manifests/${digest}`)).headers.get('docker-content-digest')).toBe(digest);
  expect((await get(`/v2/team/other/manifests/${digest}`)).status).toBe(404);
});

test('pushing and malformed names are refused', async () => {
  expect((await get('/v2/any/thing/manifests/1', { method: 'PUT' })).status).toBe(405);
  expect(await (await get('/v2/Any/thing/manifests/1')).json()).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] });
  expect((await get('/v2/any/thing/manifests/-bad')).status).toBe(404);
});
