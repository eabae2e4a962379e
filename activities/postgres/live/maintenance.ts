import type { SourceOf } from '../../../systems/backupSchema.js';
import type { EngineContext } from '../../backup/engine.js';
import { loginOf, type Login } from '../login.js';
import { applicationName } from '../names.js';
import { openSession, type Session } from '../session.js';

/** Works in the maintenance database: a database cannot be renamed or dropped from inside. */
export async function maintain<T>(
  source: SourceOf<'postgres'>,
  context: EngineContext,
  work: (session: Session, login: Login, application: string) => Promise<T>,
): Promise<T> {
  const login = await loginOf(source, context);
  const application = applicationName(context.run.workflowId);
  const options = { database: source.maintenanceDatabase, application, signal: context.signal };
  const session = await openSession(login, options);
  try {
    return await work(session, login, application);
  } finally {
    await session.end();
  }
}
