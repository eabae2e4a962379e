import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { backupError } from '../../../activities/backup/errors.js';
import type { Contents, Engine, EngineContext } from '../../../activities/backup/engine.js';
import type { Command } from '../../../activities/pipeline/types.js';

/** Lines of a file as rows, and a hash of them. */
function contentsOf(text: string, hashes: boolean): Contents {
  const lines = text.split('\n').filter((line) => line !== '');
  const hash = createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
  return { items: [{ name: 'lines', rows: lines.length, ...(hashes && { hash }) }], facts: { kind: 'text' } };
}

/** Switches by which a test makes the source or the throwaway instance fail. */
export interface Play {
  /** Programs that produce the payload, in place of `cat`. */
  commands?: (file: string) => Command[];
  needsEncryption?: boolean;
  inspected?: () => Promise<void>;
  contents?: (contents: Contents, hashes: boolean, context: EngineContext) => Promise<Contents>;
  readThrough?: () => Promise<string[]>;
  rehearse?: (text: string, context: EngineContext) => Promise<string>;
  examine?: () => Promise<string[]>;
  smoke?: () => Promise<string[]>;
  estimatedBytes?: number;
}

/** What was done to the engine, in order. */
export type Log = string[];

/** A "database" that is one text file: `folder` is the type whose description asks for nothing but a path. */
export function textEngine(play: Play, log: Log): Engine<'folder'> {
  return {
    ...(play.needsEncryption !== undefined && { needsEncryption: play.needsEncryption }),
    async inspect(source) {
      await play.inspected?.();
      const estimatedBytes = play.estimatedBytes ?? (await stat(source.path)).size;
      return { identity: source.path, serverVersion: '1', tools: { cat: '9' }, estimatedBytes, warnings: [] };
    },
    async capture(source, context) {
      log.push('capture');
      const text = await readFile(source.path, 'utf8');
      const commands = play.commands?.(source.path) ?? [{ file: 'cat', args: [source.path] }];
      const from = play.needsEncryption ? { bytes: () => Buffer.from(text) } : { commands };
      return {
        recoveryPoint: { at: new Date().toISOString() },
        payloads: [{ name: 'text.txt', from, stored: () => log.push('stored') }],
        contents: async (hashes) => {
          log.push(`contents ${hashes}`);
          const contents = contentsOf(text, hashes);
          return play.contents?.(contents, hashes, context) ?? contents;
        },
        excluded: [{ name: 'pictures', why: 'it is text' }],
        warnings: ['it is only text'],
        close: async () => void log.push('close'),
      };
    },
    readThrough: async () => play.readThrough?.() ?? [],
    async rehearse(_source, files, context) {
      const text = files.memory
        ? Buffer.from(files.memory['text.txt'] ?? '').toString('utf8')
        : await readFile(files.paths['text.txt'] ?? '', 'utf8');
      log.push('rehearse');
      const restored = (await play.rehearse?.(text, context)) ?? text;
      return {
        contents: async (hashes) => contentsOf(restored, hashes),
        examine: async () => play.examine?.() ?? [],
        smoke: async () => {
          log.push('smoke');
          return play.smoke?.() ?? [];
        },
        timings: { restore: 1 },
        close: async () => void log.push('end of rehearsal'),
      };
    },
    async restore(source, files, into) {
      const target = path.join(path.dirname(source.path), into);
      const text = await readFile(files.paths['text.txt'] ?? '', 'utf8');
      await writeFile(target, text, { flag: 'wx' }).catch(() => {
        throw backupError('NameTaken', `${target} exists`);
      });
      return {
        contents: async (hashes) => contentsOf(await readFile(target, 'utf8'), hashes),
        notes: ['a note'],
        timings: { copy: 1 },
        close: async () => void log.push('end of copy'),
      };
    },
    inspectRestore: async (_source, into, bytes) => ({ problems: [], liveName: into, warnings: [`${bytes} bytes`] }),
    noSwap: 'text is not swapped',
  };
}
