import { hostname } from 'node:os';
import { hostQueue } from '../workflows/kit/hostQueue.js';
import type { EnvironmentReader } from './environment.js';

/** What a system's description may call a host. */
const hostPattern = /^[a-z][a-z0-9-]{0,62}$/;

/** The machine that this process runs on, as runs know it. */
export interface WorkerHost {
  name: string;
  /** Queue of activities that need this machine. */
  queue: string;
  /** Nothing but that queue is polled. */
  only: boolean;
}

/** A host name in lower case, with "-" for all that a queue's name should not hold; at most 63 characters. Pure. */
export function hostNameOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return plain.slice(0, 63) || 'localhost';
}

/** Reads `BELAY_HOST` and `BELAY_HOST_ONLY`; what is wrong with them goes to the reader's problems. */
export function readHost(read: EnvironmentReader, taskQueue: string): WorkerHost {
  const words = 'must start with a letter and hold only a-z, 0-9 and "-", at most 63';
  const name = read.matching('BELAY_HOST', hostPattern, words) ?? hostNameOf(hostname());
  const only = read.oneOf('BELAY_HOST_ONLY', ['true', 'false']) === 'true';
  return { name, queue: hostQueue(taskQueue, name), only };
}
