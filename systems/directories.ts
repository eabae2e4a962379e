import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A system's name is also its file's name, so it can never lead out of the folder. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** The package's own `systems/` folder; YAML files stand there also when the code runs from `dist/`. */
export function packagedSystems(from: string = import.meta.url): string {
  let folder = dirname(fileURLToPath(from));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`No package.json above ${fileURLToPath(from)}: the installation is incomplete`);
    folder = parent;
  }
  return join(folder, 'systems');
}

/** Folders that hold system descriptions, first one first: `BELAY_SYSTEMS` (several with the PATH's delimiter), else the package's. */
export function systemDirectories(env: NodeJS.ProcessEnv = process.env): string[] {
  const named = (env['BELAY_SYSTEMS'] ?? '').split(delimiter).filter((folder) => folder.trim() !== '');
  return named.length > 0 ? named.map((folder) => resolve(folder)) : [packagedSystems()];
}

/** File of the system called `name`, from the first folder that has one. */
export function findSystemFile(name: string, dirs: readonly string[]): string | undefined {
  if (!NAME.test(name)) return undefined;
  return dirs.map((dir) => join(dir, `${name}.yaml`)).find((file) => existsSync(file));
}

/** Names of all systems that can be loaded, sorted. A missing folder holds none. */
export function listSystems(dirs: readonly string[] = systemDirectories()): string[] {
  const names = dirs.flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : []));
  const systems = names.filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length));
  return [...new Set(systems)].filter((name) => NAME.test(name)).toSorted();
}
