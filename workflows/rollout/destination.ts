import type { SavedState } from '../../activities/kubernetes/types.js';
import type { Destination } from './types.js';

/** A state that Belay keeps itself, as a place to go back to. Pure. */
export const ofSaved = (state: SavedState, why: string): Destination => ({
  from: 'savedState',
  name: state.secret,
  templateHash: state.templateHash,
  images: state.images,
  why,
});
