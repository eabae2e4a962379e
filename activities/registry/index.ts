import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Context } from '@temporalio/activity';
import { NoAnswer, type Fetch } from '../http/request.js';
import { heartbeating, throwIfCancelled } from '../temporal/heartbeat.js';
import type { ImageResolution, RegistryActivities } from '../types.js';
import { createRepositoryClient, RegistryRefusal } from './client.js';
import { credentialsFor } from './credentials.js';
import { parseImageReference, type ImageReference } from './imageReference.js';
import { MANIFEST_TYPES, platformsOf } from './platforms.js';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export interface RegistryOptions {
  fetch?: Fetch;
  /** Text of the Docker config with the logins, `undefined` when there is none; `$DOCKER_CONFIG` or `~/.docker` by default. */
  dockerConfig?: () => Promise<string | undefined>;
  /** Of each request; an image takes at most six. */
  timeoutMs?: number;
}

function readDockerConfig(): Promise<string | undefined> {
  const folder = process.env['DOCKER_CONFIG'] ?? path.join(homedir(), '.docker');
  return readFile(path.join(folder, 'config.json'), 'utf8').catch(() => undefined);
}

/** Docker Hub's API lives under another name than its images. */
const apiHost = (domain: string): string => (domain === 'docker.io' ? 'registry-1.docker.io' : domain);

async function resolve(
  reference: ImageReference,
  input: { insecureRegistries: string[]; mirrors: Record<string, string> },
  options: Required<RegistryOptions>,
): Promise<ImageResolution> {
  const host = input.mirrors[reference.domain] ?? apiHost(reference.domain);
  const credentials = credentialsFor(host, await options.dockerConfig());
  const client = createRepositoryClient(
    {
      host,
      path: reference.path,
      insecure: input.insecureRegistries.includes(host),
      ...(credentials ? { credentials } : {}),
    },
    { fetch: options.fetch, timeoutMs: options.timeoutMs, signal: Context.current().cancellationSignal },
  );
  const where = `manifests/${reference.digest ?? reference.tag ?? 'latest'}`;
  const manifest = await client.getVerified(where, MANIFEST_TYPES, MAX_MANIFEST_BYTES, reference.digest);
  return { status: 'resolved', digest: manifest.digest, platforms: await platformsOf(manifest.json, client) };
}

/**
 * Container registries (OCI distribution API v2; Docker Hub is one). Touches the image's registry, or the mirror named for it, and
 * the token service that it names; reads a manifest and, for an image without index, its config. A login is taken from the Docker
 * config and never sent without TLS, except to a registry that the system's description calls insecure.
 *
 * Nothing about the image or the registry is thrown: `notFound` carries the registry's words, `unreachable` everything that leaves the
 * question open (network, limits, not allowed, bytes that do not match their digest). Only the activity's cancellation is thrown.
 * Safe to repeat: it only reads.
 */
export function createRegistryActivities(options: RegistryOptions = {}): RegistryActivities {
  const complete: Required<RegistryOptions> = {
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    dockerConfig: options.dockerConfig ?? readDockerConfig,
    timeoutMs: options.timeoutMs ?? 10_000,
  };
  return {
    async resolveImage(input) {
      const parsed = parseImageReference(input.image);
      if (!parsed.ok) return { status: 'malformed', message: parsed.reason };
      try {
        return await heartbeating(() => resolve(parsed.reference, input, complete));
      } catch (error) {
        await throwIfCancelled();
        if (error instanceof RegistryRefusal) {
          return { status: error.kind === 'notFound' ? 'notFound' : 'unreachable', message: error.message };
        }
        if (error instanceof NoAnswer) return { status: 'unreachable', message: error.message };
        throw error;
      }
    },
  };
}
