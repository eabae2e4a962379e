import { behaviourOf, parseImage } from '../kubernetes/image.js';

/** How one request to a pod is answered. */
export interface Answer {
  status: number;
  delayMs: number;
  version: string;
}

const failures = new Map<string, number>();

/**
 * What a pod (its key is any string of its own) with this image answers to its next request: `-5xx` fails always, `-err<P>` P requests of a hundred, evenly
 * spread, `-slowhttp<ms>` answers late.
 */
export function nextAnswer(pod: string, image: string): Answer {
  const { kind, n } = behaviourOf(image);
  const version = parseImage(image).tag;
  if (kind === '5xx') return { status: 500, delayMs: 0, version };
  if (kind === 'slowhttp') return { status: 200, delayMs: n ?? 1000, version };
  if (kind !== 'err') return { status: 200, delayMs: 0, version };
  // Counting instead of drawing lots gives the same share in every run, and over few requests.
  const due = (failures.get(pod) ?? 0) + Math.min(n ?? 50, 100);
  failures.set(pod, due % 100);
  return { status: due >= 100 ? 500 : 200, delayMs: 0, version };
}

/** Forgets the pods for which `exists` is false. */
export function forgetPods(exists: (pod: string) => boolean): void {
  for (const pod of failures.keys()) if (!exists(pod)) failures.delete(pod);
}
