import { expect, test } from '@jest/globals';
import { roomySettings } from '../../../activities/postgres/load.js';

const GB = 1024 ** 3;

test.each([
  ['a small machine keeps to the usual', 1 * GB, 128],
  ['an eighth of what is free, for two jobs', 8 * GB, 512],
  ['never more than a gigabyte each', 100 * GB, 1_024],
])('%s', (_, free, megabytes) => {
  expect(roomySettings(free)).toBe(`-c maintenance_work_mem=${megabytes}MB -c max_parallel_maintenance_workers=0`);
});
