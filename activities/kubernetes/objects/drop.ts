import type { SourceOf } from '../../../systems/backupSchema.js';
import type { EngineContext } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import type { Api } from './api.js';
import { namespacesOf } from './collect.js';
import { deleteNamespace, listNamespaces, readNamespace, RESTORED } from './namespaces.js';

const DELETE_MS = 120_000;

/**
 * Deletes the namespaces of a restored copy. Throws `NotOurs` for one that no restore has made, and for the source's own: after a
 * restore into its own name that is the live one. What the restore created outside of namespaces stays.
 */
export async function drop(
  api: Api,
  source: SourceOf<'kubernetes'>,
  name: string,
  context: Pick<EngineContext, 'namespace'>,
): Promise<boolean> {
  const own = namespacesOf(source, context);
  const refuse = (which: string, why: string) =>
    backupError('NotOurs', `Namespace ${which} ${why}; it is not deleted. If it may go, delete it by hand.`);
  if (own.includes(name)) throw refuse(name, "is the source's own");
  const found = await listNamespaces(api, `${RESTORED}=${name}`);
  const live = found.find((one) => own.includes(one.metadata.name));
  if (live) throw refuse(live.metadata.name, "is the source's own");
  if (found.length === 0) {
    if (await readNamespace(api, name)) throw refuse(name, 'was not made by a restore');
    return false;
  }
  for (const namespace of found) await deleteNamespace(api, namespace, DELETE_MS);
  return true;
}
