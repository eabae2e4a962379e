import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

interface Pair {
  cert: string;
  key: string;
}

/** Paths of what `createPki` has written; each `…/name` stands for `name.crt` and `name.key`. */
export interface Pki {
  dir: string;
  /** Path of a certificate or key, e.g. `file('ca.crt')`. */
  file(name: string): string;
  /** Bearer token by user, in the API server's token file. */
  tokens: Record<SandboxUser, string>;
  ca: string;
}

const USERS = {
  admin: ['belay-sandbox-admin', 'system:masters'],
  'kube-controller-manager': ['system:kube-controller-manager'],
  'kube-scheduler': ['system:kube-scheduler'],
  kwok: ['system:kwok', 'system:masters'],
  kubelet: ['system:sandbox-kubelet', 'system:masters'],
} as const;

export type SandboxUser = keyof typeof USERS;

/**
 * Creates a fresh certificate authority, certificates and tokens in `dir`, readable by the user only. Valid for a year:
 * a sandbox does not live longer.
 */
export async function createPki(dir: string): Promise<Pki> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(dir, name);
  const write = async (name: string, text: string): Promise<void> => writeFile(file(name), text, { mode: 0o600 });
  const writePair = async (name: string, pair: Pair): Promise<void> => {
    await write(`${name}.crt`, pair.cert);
    await write(`${name}.key`, pair.key);
  };

  // The aggregator's certificates need an authority of their own: whoever has one may say which user a request is from.
  const [ca, frontProxyCa, serviceAccount] = await Promise.all([
    authority('belay-sandbox-ca'),
    authority('belay-sandbox-front-proxy-ca'),
    authority('belay-sandbox-service-accounts'),
  ]);
  await Promise.all([
    writePair('ca', ca),
    writePair('front-proxy-ca', frontProxyCa),
    writePair('service-accounts', serviceAccount),
    signed('belay-sandbox', ca).then((pair) => writePair('server', pair)),
    signed('belay-sandbox-apiserver', ca).then((pair) => writePair('client', pair)),
    signed('front-proxy-client', frontProxyCa).then((pair) => writePair('front-proxy-client', pair)),
  ]);

  const tokens: Partial<Record<SandboxUser, string>> = {};
  const lines: string[] = [];
  for (const [name, [user, ...groups]] of Object.entries(USERS) as [SandboxUser, readonly [string, ...string[]]][]) {
    const token = randomBytes(24).toString('base64url');
    tokens[name] = token;
    lines.push(`${token},${user},${name},"${groups.join(',')}"`);
  }
  await write('tokens.csv', `${lines.join('\n')}\n`);
  return { dir, file, tokens: tokens as Record<SandboxUser, string>, ca: ca.cert };
}

async function authority(name: string): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 60_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

async function signed(name: string, ca: Pair): Promise<Pair> {
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'metrics-server.kube-system.svc',
  ];
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 60_000),
    ca: { cert: ca.cert, key: ca.key },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '10.0.0.1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
