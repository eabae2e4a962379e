export { bounded, redact, registerSecret } from './redact.js';
export { createSecretResolver, type SecretResolver, type SecretSources } from './resolver.js';
