import type { Level } from '../../activities/backup/types.js';

const order: readonly Level[] = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'];

/** Whether `level` proves at least what `asked` does. */
export const reaches = (level: Level, asked: Level): boolean => order.indexOf(level) >= order.indexOf(asked);
