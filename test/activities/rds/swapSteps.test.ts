import { describe, expect, test } from '@jest/globals';
import { nextSwapBackStep, nextSwapStep, type Standing } from '../../../activities/rds/swap.js';
import { toInstance, type Instance } from '../../../activities/rds/instance.js';

const names = { live: 'shop', restored: 'shop-r', kept: 'shop-k' };

function instance(tags: Record<string, string>, more: Partial<Instance> = {}): Instance {
  return { ...toInstance({ DBInstanceStatus: 'available' }), tags, ...more };
}
const original = instance({});
const tagged = instance({ 'belay-kept': 'shop-k' });
const copy = instance({ 'belay-copy': 'shop-r' });
const foreign = instance({ team: 'x' });
const moving = instance({}, { id: 'shop', pending: ['DBInstanceIdentifier'] });
const renaming = instance({}, { id: 'shop', status: 'renaming' });

describe('the next step of a swap', () => {
  test.each<[string, Standing, object]>([
    ['untouched', { live: original, restored: copy }, { rename: 'live', to: 'kept' }],
    ['tagged, then cut', { live: tagged, restored: copy }, { rename: 'live', to: 'kept' }],
    [
      'first rename asked for',
      { live: moving, restored: copy },
      { wait: 'shop is available, DBInstanceIdentifier pending' },
    ],
    ['first rename under way', { live: renaming, restored: copy }, { wait: 'shop is renaming' }],
    ['between the two', { restored: copy, kept: tagged }, { rename: 'restored', to: 'live' }],
    ['done', { live: copy, kept: tagged }, { done: true }],
    [
      'an earlier swap left its tag on the live one',
      { live: instance({ 'belay-copy': 'shop-q' }), restored: copy },
      { rename: 'live', to: 'kept' },
    ],
    ['nothing to put there', { live: original }, { missing: expect.stringContaining('no instance shop-r') }],
    ['not a copy of ours', { live: original, restored: foreign }, { refuse: 'NotOurs' }],
    ['name of the kept one taken', { live: original, restored: copy, kept: foreign }, { refuse: 'NameTaken' }],
    ['live one gone', { restored: copy }, { missing: expect.stringContaining('no instance shop,') }],
    [
      'live one gone, a foreign one in its place to be kept',
      { restored: copy, kept: foreign },
      { missing: expect.any(String) },
    ],
    ['kept one gone', { live: copy }, { missing: expect.stringContaining('shop-k is not there') }],
  ])('%s', (_what, standing, step) => {
    expect(nextSwapStep(standing, names)).toMatchObject(step);
  });
});

describe('the next step of undoing it', () => {
  test.each<[string, Standing, object]>([
    ['nothing was done', { live: original, restored: copy }, { done: true }],
    ['first rename under way', { live: renaming, restored: copy }, { wait: 'shop is renaming' }],
    ['between the two', { restored: copy, kept: tagged }, { rename: 'kept', to: 'live' }],
    ['all was done', { live: copy, kept: tagged }, { rename: 'live', to: 'restored' }],
    ['the old one is nowhere: the copy stays live', { live: copy }, { missing: expect.stringContaining('by hand') }],
    ['nobody is live', { restored: copy }, { missing: expect.stringContaining('by hand') }],
    ['another took the name', { live: foreign, kept: tagged }, { refuse: 'NameTaken' }],
    ['name of the copy taken', { live: copy, kept: tagged, restored: foreign }, { refuse: 'NameTaken' }],
  ])('%s', (_what, standing, step) => {
    expect(nextSwapBackStep(standing, names)).toMatchObject(step);
  });
});
