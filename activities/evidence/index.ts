import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';
import type { EvidenceActivities } from '../types.js';
import type { EvidenceStore, Stored } from './store.js';

export { DEFAULT_EVIDENCE, openEvidenceStore } from './open.js';
export { createFolderStore } from './folder.js';
export type { EvidenceStore, Stored } from './store.js';

/** A workflow id may hold anything; a path segment may not. What had to be changed gets a hash, so that two ids never meet. */
export function segment(id: string): string {
  const safe = id
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.*$|^\.+/, '_')
    .slice(0, 120);
  return safe === id ? safe : `${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

async function createOnce(store: EvidenceStore, key: string, body: string, contentType: string): Promise<void> {
  if ((await store.create(key, body, contentType)) === 'created') return;
  if ((await store.read(key)) === body) return;
  const message = `Something else is kept at ${store.reference(key)}; the first one stays. Evidence is never overwritten.`;
  throw ApplicationFailure.nonRetryable(message, 'EvidenceConflict');
}

/** Bytes of a document; it has to pass through a history. */
const MAX_DOCUMENT = 1_048_576;

const tooLarge = (key: string) =>
  ApplicationFailure.nonRetryable(
    `${bounded(key)} is larger than ${MAX_DOCUMENT} bytes, or has no path; keep it in parts`,
    'DocumentTooLarge',
  );

/** What a store that is away or full ends in. Everything typed is thrown on as it is. */
async function kept<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    const message = `${what}: ${bounded(error instanceof Error ? error.message : String(error))}`;
    throw ApplicationFailure.retryable(message, 'EvidenceUnavailable');
  }
}

/**
 * Reports and documents in the evidence store. Reports touch only `<runbook>/<workflow id>/<run id>.json` and `.md` below the store's place.
 *
 * Create-only: a repeat with the same content gives the same reference, so that it is safe to repeat; other content under the same run
 * is `EvidenceConflict` (non-retryable). A store that cannot be reached or written is `EvidenceUnavailable`, retried.
 */
export function createEvidenceActivities(options: { store: EvidenceStore }): EvidenceActivities {
  const { store } = options;
  return {
    async saveReport({ runbook, workflowId, runId, json, markdown }) {
      const key = [runbook, workflowId, runId].map(segment).join('/');
      return kept('The report could not be kept', async () => {
        // The JSON last: a report that is listed has both.
        await createOnce(store, `${key}.md`, markdown, 'text/markdown; charset=utf-8');
        await createOnce(store, `${key}.json`, json, 'application/json');
        return { reference: store.reference(`${key}.json`) };
      });
    },

    async latestReport({ runbook, workflowId }) {
      const prefix = `${[runbook, workflowId].map(segment).join('/')}/`;
      return kept('The report could not be read', async () => {
        const found = await store.list(prefix, Number.MAX_SAFE_INTEGER);
        const newest = found.find(({ key }) => key.endsWith('.json'));
        if (newest === undefined) return null;
        if (newest.bytes > MAX_DOCUMENT) throw tooLarge(newest.key);
        return (await store.read(newest.key)) ?? null;
      });
    },

    async saveDocument({ path, body, contentType }) {
      const key = path.map(segment).join('/');
      if (path.length === 0 || Buffer.byteLength(body) > MAX_DOCUMENT) throw tooLarge(key);
      return kept('The document could not be kept', async () => {
        await createOnce(store, key, body, `${contentType}; charset=utf-8`);
        return { reference: store.reference(key) };
      });
    },

    async readDocument({ reference }) {
      const body = await kept('The document could not be read', () => store.read(reference));
      if (body !== undefined && Buffer.byteLength(body) > MAX_DOCUMENT) throw tooLarge(reference);
      return body ?? null;
    },
  };
}

/** Kept reports (their JSON), newest first; those of one runbook if it is named. For the CLI; `limit` is 100 by default. */
export async function listReports(
  store: EvidenceStore,
  options: { runbook?: string; limit?: number } = {},
): Promise<Stored[]> {
  const limit = options.limit ?? 100;
  const prefix = options.runbook === undefined ? '' : `${segment(options.runbook)}/`;
  const found = await store.list(prefix, Number.MAX_SAFE_INTEGER);
  return found.filter(({ key }) => key.endsWith('.json') && !key.startsWith('timeline/')).slice(0, limit);
}

/** A kept report by its reference or key, JSON and Markdown; `undefined` when there is none. */
export async function readReport(
  store: EvidenceStore,
  reference: string,
): Promise<{ json: string; markdown: string } | undefined> {
  const stem = reference.replace(/\.(json|md)$/, '');
  const [json, markdown] = await Promise.all([store.read(`${stem}.json`), store.read(`${stem}.md`)]);
  return json === undefined ? undefined : { json, markdown: markdown ?? '' };
}
