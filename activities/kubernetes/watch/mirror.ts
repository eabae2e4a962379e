import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, isStatus, isTransient } from '../api/apiError.js';
import type { Call, KubeClients } from '../api/clients.js';
import type { KubeList, KubeObject } from '../model/objects.js';

/** The server ends a watch after this time; a connection that died silently is noticed little later. */
const WATCH_SECONDS = 60;
const LIST_MS = 20_000;
const MAX_BACKOFF_MS = 3_000;
/** A restarted API server refuses everything until it has read the roles. */
const FORBIDDEN_GRACE_MS = 10_000;

interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & { code?: number; reason?: string; message?: string };
}

/**
 * A local copy of a list of objects, kept up to date by a watch. Reconnects with back-off for as long as it runs: an API server that
 * is away, an expired resourceVersion (410) or a dead connection are not errors. Rights that are missing are.
 */
export class Mirror<T extends KubeObject> {
  readonly items = new Map<string, T>();
  /** Has listed once, and follows changes now. */
  connected = false;
  /** Why it does not. */
  problem: Error | undefined;

  constructor(
    private readonly clients: KubeClients,
    private readonly source: Pick<Call, 'path' | 'query'>,
    private readonly changed: () => void,
  ) {}

  /** Runs until `signal`; throws the API's final refusal. */
  async run(signal: AbortSignal): Promise<void> {
    let version: string | undefined;
    let failures = 0;
    let forbiddenSince: number | undefined;
    while (!signal.aborted) {
      try {
        version ??= await this.list(signal);
        forbiddenSince = undefined;
        version = await this.follow(version, signal, () => (failures = 0));
      } catch (error) {
        if (signal.aborted) return;
        this.connected = false;
        this.problem = error instanceof Error ? error : new Error(String(error));
        if (isStatus(error, 403)) forbiddenSince ??= Date.now();
        const waitForRoles = forbiddenSince !== undefined && Date.now() - forbiddenSince < FORBIDDEN_GRACE_MS;
        if (!isTransient(error) && !isStatus(error, 410) && !(isStatus(error, 403) && waitForRoles)) throw error;
        failures++;
        // A version that the server does not know (any more, or yet) would fail for ever.
        if (isStatus(error, 410) || failures > 2) version = undefined;
        await pause(failures, error, signal);
      }
    }
  }

  /** Reads everything anew; returns the resourceVersion to watch from. */
  async list(signal: AbortSignal): Promise<string> {
    const { body } = await this.clients.call<KubeList<T>>({ ...this.source, timeoutMs: LIST_MS, signal });
    this.items.clear();
    for (const item of body.items) this.items.set(item.metadata.uid, item);
    this.changed();
    return body.metadata.resourceVersion ?? '';
  }

  private async follow(from: string, signal: AbortSignal, alive: () => void): Promise<string> {
    const query = {
      ...this.source.query,
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: from,
      timeoutSeconds: WATCH_SECONDS,
    };
    const stream = await this.clients.stream({ path: this.source.path, query, signal });
    const silent = setTimeout(() => stream.destroy(), (WATCH_SECONDS + 10) * 1_000);
    this.connected = true;
    this.problem = undefined;
    this.changed();
    let version = from;
    try {
      for await (const event of events<T>(stream)) {
        alive();
        version = this.apply(event) ?? version;
      }
    } catch (error) {
      // The server ended or broke the connection: go on from where we are, like after its own timeout.
      if (error instanceof ApiError || signal.aborted) throw error;
      throw new ApiError(0, 'WatchBroken', String(error), { method: 'GET', path: this.source.path });
    } finally {
      clearTimeout(silent);
      stream.destroy();
    }
    return version;
  }

  private apply({ type, object }: WatchEvent<T>): string | undefined {
    if (type === 'ERROR') {
      throw new ApiError(object.code ?? 500, object.reason ?? '', object.message ?? 'watch failed', {
        method: 'GET',
        path: this.source.path,
      });
    }
    if (type === 'DELETED') this.items.delete(object.metadata.uid);
    else if (type !== 'BOOKMARK') this.items.set(object.metadata.uid, object);
    if (type !== 'BOOKMARK') this.changed();
    return object.metadata.resourceVersion;
  }
}

async function* events<T>(stream: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as WatchEvent<T>;
  }
}

async function pause(failures: number, error: unknown, signal: AbortSignal): Promise<void> {
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const backoff = Math.min(MAX_BACKOFF_MS, 100 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2);
  await sleep(Math.max(backoff, Math.min(asked, 30_000)), undefined, { signal }).catch(() => undefined);
}
