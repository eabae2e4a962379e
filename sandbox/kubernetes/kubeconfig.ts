import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export const CONTEXT = 'belay-sandbox';

/** Writes a kubeconfig with one context, `belay-sandbox`; only the user can read it. Returns its path. */
export async function writeKubeconfig(file: string, server: string, ca: string, token: string): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': CONTEXT,
    clusters: [
      { name: CONTEXT, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: CONTEXT, user: { token } }],
    contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user: CONTEXT } }],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
