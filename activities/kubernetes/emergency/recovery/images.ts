import { setMaxListeners } from 'node:events';
import type { ImageResolution, RegistryActivities } from '../../../types.js';
import { parseImageReference } from '../../../registry/imageReference.js';
import type { ContainerSpec } from '../../model/objects.js';
import { inParallel } from '../../objects/api.js';
import { within } from '../patience.js';
import type { Returning } from './identity.js';
import { listed } from './words.js';

const AT_ONCE = 16;
/** A registry that has not answered so often is not asked again: each try costs its whole time-out. */
const MAX_SILENT = 3;

const LATE = { status: 'unreachable', message: 'no answer in the time of this check' } as const;

type Options = { insecureRegistries: string[]; mirrors: Record<string, string> };

/** An image, who needs it, and what the registry says; undefined when it was not asked any more. */
export interface Asked {
  image: string;
  needed: string[];
  answer: ImageResolution | undefined;
}

/** Distinct images of the pods that come back, with the workloads that need them; those that are never pulled are left out. Pure. */
export function imagesOf(workloads: Returning[]): Map<string, string[]> {
  const images = new Map<string, string[]>();
  for (const { key, workload } of workloads) {
    const { containers, initContainers = [] } = workload.spec.template.spec;
    const all: (ContainerSpec & { imagePullPolicy?: string })[] = [...containers, ...initContainers];
    const names = all.filter((one) => one.imagePullPolicy !== 'Never').flatMap((one) => one.image ?? []);
    for (const image of new Set(names)) images.set(image, [...(images.get(image) ?? []), key]);
  }
  return images;
}

/** Asks the registries for all images, several at once, for at most `boundMs`. */
export async function askRegistries(
  images: Map<string, string[]>,
  options: Options,
  { resolveImage }: Pick<RegistryActivities, 'resolveImage'>,
  { signal, boundMs }: { signal: AbortSignal; boundMs: number },
): Promise<Asked[]> {
  const until = Date.now() + boundMs;
  const silent = new Map<string, number>();
  // Each request listens for the cancellation, and Node takes more than ten listeners for a leak.
  setMaxListeners(2 * AT_ONCE, signal);
  return inParallel([...images], AT_ONCE, async ([image, needed]) => {
    signal.throwIfAborted();
    const registry = registryOf(image);
    if ((silent.get(registry) ?? 0) >= MAX_SILENT) return { image, needed, answer: undefined };
    const left = until - Date.now();
    if (left <= 0) return { image, needed, answer: undefined };
    const answer = await within(left, resolveImage({ image, ...options })).catch((error: unknown): ImageResolution => {
      signal.throwIfAborted();
      if (Date.now() < until) throw error;
      return LATE;
    });
    // A login that is missing is missing for one repository; the others may still be read.
    if (answer.status === 'unreachable' && !answer.message.startsWith('not allowed'))
      silent.set(registry, (silent.get(registry) ?? 0) + 1);
    return { image, needed, answer };
  });
}

/** Unknown and malformed images are problems. What a registry did not tell is one warning for each registry. Pure. */
export function judgeImages(asked: Asked[]): { problems: string[]; warnings: string[] } {
  const problems: string[] = [];
  const open = new Map<string, { images: string[]; why: string }>();
  for (const { image, needed, answer } of asked) {
    if (answer?.status === 'resolved') continue;
    if (answer?.status === 'notFound')
      problems.push(
        `Image ${image} is not in its registry (${answer.message}): the pods of ${listed(needed)} start only on nodes that have it still. Push it again.`,
      );
    else if (answer?.status === 'malformed')
      problems.push(`Image ${image} of ${listed(needed)} is malformed (${answer.message}): correct the template.`);
    else {
      const registry = registryOf(image);
      const entry = open.get(registry) ?? { images: [], why: '' };
      const why = entry.why === '' ? (answer?.message ?? '') : entry.why;
      open.set(registry, { images: [...entry.images, image], why });
    }
  }
  const warnings = [...open].map(([registry, { images, why }]) => {
    const reason = why === '' ? LATE.message : why;
    const count = images.length === 1 ? 'one image was' : `${images.length} images were`;
    return `Registry ${registry} does not tell (${reason}), so ${count} not checked: ${listed(images)}.`;
  });
  return { problems, warnings };
}

function registryOf(image: string): string {
  const parsed = parseImageReference(image);
  return parsed.ok ? parsed.reference.domain : '';
}
