import { ApplicationFailure } from '@temporalio/common';
import { bounded, registerSecret } from './redact.js';

/** Where secret values come from. Only `env` and `readFile` are always there; the others are named when they are missing. */
export interface SecretSources {
  env: Record<string, string | undefined>;
  readFile(path: string): Promise<string>;
  /** One key of a Kubernetes Secret, decoded; `undefined` when the Secret or the key does not exist. */
  kube?: (namespace: string, name: string, key: string) => Promise<string | undefined>;
  /** One key of an AWS Secrets Manager secret; `undefined` when it does not exist. */
  aws?: (id: string, key: string) => Promise<string | undefined>;
}

/** Resolves references to secret values (`systems/schema.ts`, `secretReference`). */
export interface SecretResolver {
  /**
   * The value behind `env:NAME`, `file:/path`, `k8s:namespace/name#key` or `aws-sm:id#key`. Read anew each time, so that a rotated
   * value is seen; registered with `redact`. Throws `SecretUnresolved`, which names the reference and never a value: non-retryable
   * when the reference is wrong or points at nothing, retryable when its source could not be asked.
   */
  resolve(reference: string): Promise<string>;
}

const SYNTAX =
  /^(?:env:(?<env>[A-Za-z_]\w*)|file:(?<file>\/.+)|k8s:(?<ns>[^/#]+)\/(?<name>[^/#]+)#(?<key>.+)|aws-sm:(?<id>[^#]+)#(?<field>.+))$/;

function unresolved(reference: string, why: string, nonRetryable = true): ApplicationFailure {
  const message = `Secret ${bounded(reference, 200)} could not be resolved: ${why}`;
  return ApplicationFailure.create({ type: 'SecretUnresolved', message, nonRetryable });
}

/** Asks the source that the reference names; `undefined` means that there is nothing at that place. */
async function lookUp(reference: string, sources: SecretSources): Promise<{ value: string | undefined; cure: string }> {
  const parts = SYNTAX.exec(reference)?.groups;
  if (!parts) {
    throw unresolved(reference, 'write env:NAME, file:/path, k8s:namespace/name#key or aws-sm:id#key.');
  }
  const { env, file, ns, name, key, id, field } = parts;
  if (env) return { value: sources.env[env], cure: `set ${env} in the worker's environment.` };
  if (file) return { value: await readOptional(file, sources), cure: `mount the file into the worker.` };
  if (ns && name && key) {
    if (!sources.kube) throw unresolved(reference, 'k8s: is not configured in this worker; give it a kubeconfig.');
    return {
      value: await sources.kube(ns, name, key),
      cure: `create Secret ${name} in namespace ${ns} with key ${key}.`,
    };
  }
  if (!sources.aws) throw unresolved(reference, 'aws-sm: is not configured in this worker.');
  return { value: await sources.aws(id ?? '', field ?? ''), cure: 'create it in AWS Secrets Manager, with that key.' };
}

async function readOptional(file: string, sources: SecretSources): Promise<string | undefined> {
  try {
    // Editors and `kubectl create secret` from a file leave one newline at the end, which no credential has.
    return (await sources.readFile(file)).replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EISDIR')
      throw unresolved(`file:${file}`, `${code}: make it a file that the worker may read.`);
    throw error;
  }
}

/** A resolver over the given sources. See {@link SecretResolver} for errors. */
export function createSecretResolver(sources: SecretSources): SecretResolver {
  return {
    async resolve(reference) {
      let found: { value: string | undefined; cure: string };
      try {
        found = await lookUp(reference, sources);
      } catch (error) {
        if (error instanceof ApplicationFailure && error.type === 'SecretUnresolved') throw error;
        const final = error instanceof ApplicationFailure && error.nonRetryable === true;
        throw unresolved(reference, bounded(error instanceof Error ? error.message : String(error)), final);
      }
      if (found.value === undefined) throw unresolved(reference, `nothing there; ${found.cure}`);
      if (found.value === '') throw unresolved(reference, `it is empty; ${found.cure}`);
      registerSecret(found.value);
      return found.value;
    },
  };
}
