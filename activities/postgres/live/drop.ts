import type { SourceOf } from '../../../systems/backupSchema.js';
import type { EngineContext } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { dropDatabase, findDatabase } from './databases.js';
import { maintain } from './maintenance.js';
import { mayDrop, whose } from './tag.js';

/** See `Engine.drop`. The live database is never dropped, whatever its comment says. */
export async function drop(source: SourceOf<'postgres'>, name: string, context: EngineContext): Promise<boolean> {
  if (name === source.database || name === source.maintenanceDatabase) {
    throw backupError('NotOurs', `${name} is the live database or the one for maintenance; it is never dropped.`);
  }
  return maintain(source, context, async (session) => {
    const found = await findDatabase(session, name);
    if (found === undefined) return false;
    if (!mayDrop(found.tag, context.run)) {
      throw backupError(
        'NotOurs',
        `Database ${name} is ${whose(found.tag)}; it stays. Drop it by hand if nobody needs it.`,
      );
    }
    await dropDatabase(session, name);
    return true;
  });
}
