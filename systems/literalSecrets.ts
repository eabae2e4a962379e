import type { Finding, Path } from './problem.js';

const SECRET_HEADER =
  /^(proxy-)?authorization$|cookie|token|secret|passw|api-?key|credential|session|^x-auth|^authentication$/i;

const REFERENCE =
  'store it as a secret and write a reference (env:NAME, file:/path, k8s:namespace/name#key, aws-sm:id#key)';

/** What well-known credentials look like: [what it is, how it reads]. */
const TOKENS: readonly (readonly [string, RegExp])[] = [
  ['a Slack token', /\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}/],
  ['a Slack webhook address', /hooks\.slack\.com\/(services|workflows|triggers)\/\w/],
  ['a webhook address of Discord or Teams', /discord(app)?\.com\/api\/webhooks\/\w|webhook\.office\.com\/\w/],
  ['an integration address of PagerDuty', /events\.pagerduty\.com\/integration\/\w/],
  ['the address of a heartbeat', /\bhc-ping\.com\/[\w-]{8,}/],
  ['an AWS access key', /\b(AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a GitHub token', /\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}/],
  ['a GitLab token', /\bglpat-[\w-]{16,}/],
  ['a Google API key', /\bAIza[\w-]{35}/],
  ['a Stripe key', /\b[rs]k_(live|test)_\w{10,}/],
  ['an API key', /\bsk-[\w-]{20,}/],
  ['a JSON web token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\./],
  ['a private key of age', /\bAGE-SECRET-KEY-(PQ-)?1[A-Z0-9]{20,}/i],
  [
    'a password among connection settings',
    /\b(host|user|dbname)\s*=.*\bpassword\s*=\s*\S{4,}|\bpassword\s*=\s*\S{4,}.*\b(host|user|dbname)\s*=/is,
  ],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['a credential', /^(Bearer|Basic|Token)\s+\S{8,}/i],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*:[^\s/?#@]+@/i],
  ['a secret in an address', /[?&](access_?token|token|api_?key|key|secret|password|sig|signature)=[^&\s]{4,}/i],
];

/** Secrets that stand in a description instead of a reference. The messages never repeat them. */
export function literalSecrets(raw: unknown, path: Path = []): Finding[] {
  if (typeof raw === 'string') {
    const kind = TOKENS.find(([, pattern]) => pattern.test(raw))?.[0];
    return kind === undefined ? [] : [{ path, message: `looks like ${kind}; ${REFERENCE}` }];
  }
  if (Array.isArray(raw)) return raw.flatMap((entry: unknown, index) => literalSecrets(entry, [...path, index]));
  if (typeof raw !== 'object' || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) => [
    ...(path.at(-1) === 'headers' && SECRET_HEADER.test(key) ? [headerFinding([...path, key], key)] : []),
    ...literalSecrets(value, [...path, key]),
  ]);
}

function headerFinding(path: Path, header: string): Finding {
  return {
    path,
    message: `${header} carries a credential; move it to \`secretHeaders\` with a reference, e.g. env:NAME`,
  };
}
