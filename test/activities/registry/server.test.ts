import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRegistryActivities } from '../../../activities/registry/index.js';
import { stopPid } from '../../../sandbox/kit/process.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { inActivity } from '../http/inActivity.js';
import { OCI_INDEX, OCI_MANIFEST, sha256 } from './fakeRegistry.js';
import { push, startRealRegistry } from './realRegistry.js';

const repository = 'team/app';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const layer = 'a layer';

function imageFor(architecture: string, type: string) {
  const config = JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } });
  const described = (mediaType: string, content: string) => ({
    mediaType,
    digest: sha256(content),
    size: content.length,
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: described('application/vnd.oci.image.config.v1+json', config),
    layers: [described('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  return { config, manifest, entry: { ...described(type, manifest), platform: { os: 'linux', architecture } } };
}
const amd64 = imageFor('amd64', OCI_MANIFEST);
const arm64 = imageFor('arm64', DOCKER_MANIFEST);
const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [amd64.entry, arm64.entry] });

let dir = '';
let pid: number | undefined;
let host = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'belay-registry-'));
  ({ pid, host } = await startRealRegistry(dir));
  for (const blob of [layer, amd64.config, arm64.config]) await push(host, repository, { blob });
  await push(host, repository, { tag: '1.0-amd64', manifest: amd64.manifest, type: OCI_MANIFEST });
  await push(host, repository, { tag: '1.0-arm64', manifest: arm64.manifest, type: DOCKER_MANIFEST });
  await push(host, repository, { tag: '1.0', manifest: index, type: OCI_INDEX });
}, SANDBOX_MS);
afterAll(async () => {
  if (pid !== undefined) await stopPid(pid, 2_000);
  await rm(dir, { recursive: true, force: true });
});

const { resolveImage } = createRegistryActivities({ dockerConfig: () => Promise.resolve(undefined) });
const resolve = (name: string) =>
  inActivity(resolveImage, { image: `${host}/${name}`, insecureRegistries: [host], mirrors: {} });

describe('resolveImage, on a real registry', () => {
  test.each([
    ['team/app:1.0', index, ['linux/amd64', 'linux/arm64']],
    [`team/app@${sha256(index)}`, index, ['linux/amd64', 'linux/arm64']],
    ['team/app:1.0-amd64', amd64.manifest, ['linux/amd64']],
    ['team/app:1.0-arm64', arm64.manifest, ['linux/arm64']],
  ])('%s', async (name, content, platforms) => {
    expect(await resolve(name)).toEqual({ status: 'resolved', digest: sha256(content), platforms });
  });

  test.each([
    ['team/app:2.0', 'MANIFEST_UNKNOWN'],
    [`team/app@${sha256('nothing')}`, 'MANIFEST_UNKNOWN'],
    ['team/other:1.0', 'NAME_UNKNOWN'],
  ])('%s is not found: %s', async (name, code) => {
    expect(await resolve(name)).toEqual({ status: 'notFound', message: expect.stringContaining(code) });
  });
});
