import { z } from 'zod';
import { RegistryRefusal, type createRepositoryClient } from './client.js';

/** https://github.com/opencontainers/image-spec: an index lists manifests by platform, a manifest names its config. */
const platformSchema = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });
const indexSchema = z.object({ manifests: z.array(z.object({ platform: platformSchema.optional() })) });
const manifestSchema = z.object({ config: z.object({ digest: z.string(), mediaType: z.string().optional() }) });

/** Newest first: what a registry may answer with. Schema 1 is left out: registries have dropped it and it has no platform. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

const named = (platform: z.infer<typeof platformSchema>): string =>
  [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined && part !== '').join('/');

/**
 * Platforms of a manifest, e.g. `linux/amd64` or `linux/arm/v7`; empty when the registry does not tell (an artifact without an image
 * config). Attestations, which an index lists as `unknown/unknown`, are left out.
 */
export async function platformsOf(
  manifest: unknown,
  client: ReturnType<typeof createRepositoryClient>,
): Promise<string[]> {
  const index = indexSchema.safeParse(manifest);
  if (index.success) {
    const platforms = index.data.manifests.flatMap((entry) => (entry.platform ? [named(entry.platform)] : []));
    return [...new Set(platforms)].filter((platform) => !platform.startsWith('unknown/'));
  }
  const single = manifestSchema.safeParse(manifest);
  if (!single.success) throw new RegistryRefusal('failed', 'the registry sent neither an image manifest nor an index');
  const { digest } = single.data.config;
  const config = await client.getVerified(`blobs/${digest}`, '*/*', MAX_CONFIG_BYTES, digest);
  const platform = platformSchema.safeParse(config.json);
  return platform.success && platform.data.os !== '' ? [named(platform.data)] : [];
}
