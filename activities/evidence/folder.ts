import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';
import { LIST_BOUND, newestFirst, type EvidenceStore, type Stored } from './store.js';

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** Gives the finished file its name, which only one can have. A link does both at once; some file systems have none. */
async function publish(temporary: string, file: string): Promise<'created' | 'exists'> {
  try {
    await link(temporary, file).catch(async (error: unknown) => {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(String(codeOf(error)))) throw error;
      await copyFile(temporary, file, constants.COPYFILE_EXCL);
    });
    return 'created';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

/** Evidence in a folder of this machine. Files are readable by the worker's user only. */
export function createFolderStore(folder: string): EvidenceStore {
  const root = path.resolve(folder);

  function fileOf(keyOrReference: string): string {
    const given = keyOrReference.startsWith('file:')
      ? fileURLToPath(keyOrReference)
      : path.resolve(root, keyOrReference);
    const file = path.resolve(given);
    if (!file.startsWith(root + path.sep)) throw new Error(`${keyOrReference} is not in the evidence folder ${root}`);
    return file;
  }

  async function listed(relative: string): Promise<Stored | undefined> {
    const file = path.join(root, relative);
    // A file that goes while the folder is read is not an error.
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    const key = relative.split(path.sep).join('/');
    return { key, reference: pathToFileURL(file).href, modified: found.mtime, bytes: found.size };
  }

  return {
    reference: (key) => pathToFileURL(fileOf(key)).href,

    async create(key, body) {
      const file = fileOf(key);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      // A worker may die while it writes. What it leaves is a hidden temporary file, never half a report under its final name.
      const temporary = path.join(path.dirname(file), `.${randomUUID()}.tmp`);
      try {
        const handle = await open(temporary, 'wx', 0o600);
        await handle.writeFile(body).then(() => handle.sync());
        await handle.close();
        return await publish(temporary, file);
      } finally {
        await rm(temporary, { force: true });
      }
    },

    async read(keyOrReference) {
      return readFile(fileOf(keyOrReference), 'utf8').catch((error: unknown) => {
        if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(codeOf(error)))) return undefined;
        throw error;
      });
    },

    async list(prefix, limit) {
      const names = await readdir(root, { recursive: true }).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      const visible = names.filter(
        (name) => name.split(path.sep).join('/').startsWith(prefix) && !path.basename(name).startsWith('.'),
      );
      const found = await Promise.all(visible.slice(0, LIST_BOUND).map(listed));
      return newestFirst(
        found.filter((entry) => entry !== undefined),
        limit,
      );
    },
  };
}
