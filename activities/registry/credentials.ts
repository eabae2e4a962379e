import { z } from 'zod';
import { registerSecret } from '../secrets/redact.js';

export interface RegistryCredentials {
  username: string;
  password: string;
}

/** The part of `~/.docker/config.json` that `docker login` writes when no credential helper is set up. */
const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
});

/** Keys under which `docker login` files a registry: bare hosts, or URLs for Docker Hub. */
function keysOf(host: string): string[] {
  const names = host === 'registry-1.docker.io' ? ['index.docker.io', 'docker.io', host] : [host];
  return names.flatMap((name) => [
    name,
    `https://${name}`,
    `https://${name}/`,
    `https://${name}/v1/`,
    `https://${name}/v2/`,
  ]);
}

/**
 * The login for a registry host in a Docker config's text; `undefined` when there is none, or when the file is not one. Credential
 * helpers (`credsStore`) are programs of the user's machine and are not run.
 */
export function credentialsFor(host: string, configText: string | undefined): RegistryCredentials | undefined {
  let json: unknown;
  try {
    json = JSON.parse(configText ?? '{}');
  } catch {
    return undefined;
  }
  const auths = configSchema.safeParse(json).data?.auths ?? {};
  const auth = keysOf(host)
    .map((key) => auths[key]?.auth)
    .find((value) => value !== undefined && value !== '');
  if (auth === undefined) return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) return undefined;
  const password = decoded.slice(colon + 1);
  registerSecret(password);
  return { username: decoded.slice(0, colon), password };
}
