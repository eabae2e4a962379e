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
  const message = `A different report is kept at ${store.reference(key)}; the first one stays. Reports are never overwritten.`;
  throw ApplicationFailure.nonRetryable(message, 'EvidenceConflict');
}

/**
 * Reports in the evidence store. Touches only `<runbook>/<workflow id>/<run id>.json` and `.md` below the store's place.
 *
 * Create-only: a repeat with the same content gives the same reference, so that it is safe to repeat; other content under the same run
 * is `EvidenceConflict` (non-retryable). A store that cannot be reached or written is `EvidenceUnavailable`, retried.
 */
export function createEvidenceActivities(options: { store: EvidenceStore }): EvidenceActivities {
  const { store } = options;
  return {
    async saveReport({ runbook, workflowId, runId, json, markdown }) {
      const key = [runbook, workflowId, runId].map(segment).join('/');
      try {
        // The JSON last: a report that is listed has both.
        await createOnce(store, `${key}.md`, markdown, 'text/markdown; charset=utf-8');
        await createOnce(store, `${key}.json`, json, 'application/json');
        return { reference: store.reference(`${key}.json`) };
      } catch (error) {
        if (error instanceof ApplicationFailure) throw error;
        const message = `The report could not be kept: ${bounded(error instanceof Error ? error.message : String(error))}`;
        throw ApplicationFailure.retryable(message, 'EvidenceUnavailable');
      }
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
  return found.filter((entry) => entry.key.endsWith('.json')).slice(0, limit);
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
