import { createHash } from 'node:crypto';
import { behaviourOf, type ImageReference } from '../kubernetes/image.js';

export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';

export interface Content {
  type: string;
  digest: string;
  body: string;
}

export interface Image {
  /** What the tag names. */
  index: Content;
  manifests: Content[];
  configs: Content[];
}

/**
 * The image that every registry of the sandbox holds under a name: its bytes follow from the name alone, so that
 * `stages/_helpers.tpl` can compute the digest that a pod running it reports. Two names never share a digest.
 */
export function imageOf(reference: ImageReference): Image {
  const name = `${reference.path}:${reference.tag}`;
  const kind = behaviourOf(name).kind;
  const architectures = kind === 'armonly' ? ['arm64'] : ['amd64', 'arm64'];
  const configs = architectures.map((architecture) =>
    content(CONFIG_TYPE, {
      architecture,
      os: 'linux',
      config: { Labels: { 'org.opencontainers.image.ref.name': name } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const manifests = configs.map((config) =>
    content(MANIFEST_TYPE, {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: config.digest, size: Buffer.byteLength(config.body) },
      layers: [],
    }),
  );
  const index = content(INDEX_TYPE, {
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: manifests.map((manifest, i) => ({
      mediaType: MANIFEST_TYPE,
      digest: manifest.digest,
      size: Buffer.byteLength(manifest.body),
      platform: { architecture: architectures[i], os: 'linux' },
    })),
  });
  return { index, manifests, configs };
}

function content(type: string, value: object): Content {
  const body = JSON.stringify(value);
  return { type, digest: `sha256:${createHash('sha256').update(body).digest('hex')}`, body };
}
