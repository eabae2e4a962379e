import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSystemFile } from '../../systems/check.js';
import { findSystemFile, packagedSystems } from '../../systems/directories.js';
import { listSystems, loadSystem } from '../../systems/load.js';

const dirs = [packagedSystems()];

describe('the five systems', () => {
  test('are all there', () => {
    expect(listSystems(dirs)).toEqual(['ai-orchestrator', 'canvas', 'fossawork', 'intelligent-agent', 'intendly']);
  });

  test.each(listSystems(dirs))('%s has no problem', (name) => {
    const file = findSystemFile(name, dirs) ?? '';
    expect(checkSystemFile(file)).toEqual([]);
    expect(basename(loadSystem(name, { dirs }).file)).toBe(`${name}.yaml`);
  });
});
