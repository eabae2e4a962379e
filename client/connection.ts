import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { loadTemporalTarget } from '../worker/connection.js';

/** A client for one namespace and how to end it. */
export interface Temporal {
  client: Client;
  address: string;
  namespace: string;
  close(): Promise<void>;
}

/** Temporal did not answer; the message names the address and what to do. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';

  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `Temporal is not reachable at ${address} (${why.split('\n')[0]}). Set TEMPORAL_ADDRESS, or start a sandbox: belay sandbox up`,
      { cause },
    );
  }
}

const connectTimeoutMs = 5_000;

/**
 * Connects as the environment says (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE` …). Throws `TemporalUnreachable`
 * after five seconds.
 */
export async function connectTemporal(env: NodeJS.ProcessEnv = process.env): Promise<Temporal> {
  const { address, namespace, connectionOptions } = loadTemporalTarget(env);
  const { apiKey, tls, metadata } = connectionOptions;
  try {
    const connection = await Connection.connect({
      address,
      connectTimeout: connectTimeoutMs,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    });
    const client = new Client({ connection, namespace, identity: `belay@${hostname()}:${process.pid}` });
    return { client, address, namespace, close: () => connection.close() };
  } catch (error) {
    throw new TemporalUnreachable(address, error);
  }
}
