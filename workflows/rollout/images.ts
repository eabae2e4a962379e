import type { ImageResolution } from '../../activities/types.js';

/** The reference to write: with its digest when the policy pins and the registry told it. Pure. */
export function pinned(image: string, resolution: ImageResolution, pin: boolean): string {
  return pin && resolution.status === 'resolved' && !image.includes('@') ? `${image}@${resolution.digest}` : image;
}

/** Whether one of the wanted platforms is there; an empty list on either side asks for nothing. Pure. */
export function samePlatform(has: string[], wants: string[]): boolean {
  return (
    has.length === 0 ||
    wants.length === 0 ||
    wants.some((platform) => has.some((one) => one === platform || one.startsWith(`${platform}/`)))
  );
}
