import { chmod, copyFile, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contents, EngineContext, Files } from '../../../activities/backup/engine.js';
import { folderEngine } from '../../../activities/host/index.js';
import { sourceSchema, type SourceOf } from '../../../systems/backupSchema.js';

export function folderSource(path: string, more: object = {}): SourceOf<'folder'> {
  const source = sourceSchema.parse({ name: 'uploads', type: 'folder', host: 'here', path, ...more });
  if (source.type !== 'folder') throw new Error('another type');
  return source;
}

/** A folder with everything that a folder of files may hold. */
export async function createFolder(path: string): Promise<void> {
  await mkdir(join(path, 'users', 'empty'), { recursive: true });
  await mkdir(join(path, 'cache'));
  await writeFile(join(path, 'users', 'a.txt'), 'first file\n');
  await writeFile(join(path, 'users', 'ä "quoted" \\ and\nnewline'), 'strange name');
  await writeFile(join(path, '-rf'), 'looks like an option');
  await writeFile(join(path, 'empty'), '');
  await writeFile(join(path, 'large'), Buffer.alloc(3_000_000, 'abcdefg'));
  await writeFile(join(path, 'cache', 'x.tmp'), 'left out');
  await writeFile(join(path, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(path, 'run.sh'), 0o751);
  await link(join(path, 'users', 'a.txt'), join(path, 'hard link'));
  await symlink('users/a.txt', join(path, 'link'));
  await symlink('/etc/passwd', join(path, 'outside'));
  await chmod(join(path, 'users', 'empty'), 0o555);
}

/** Takes a backup as the core does: reads payloads and contents, then closes. */
export async function take(
  source: SourceOf<'folder'>,
  context: EngineContext,
  into: string,
): Promise<{ files: Files; contents: Contents; excluded: { name: string; why: string }[] }> {
  const capture = await folderEngine.capture(source, context);
  try {
    await mkdir(into, { recursive: true });
    const paths: Record<string, string> = {};
    for (const { name, from } of capture.payloads) {
      if (!('file' in from)) throw new Error('no file');
      paths[name] = join(into, name);
      await copyFile(from.file, join(into, name));
    }
    return { files: { dir: into, paths }, contents: await capture.contents(true), excluded: capture.excluded };
  } finally {
    await capture.close();
  }
}
