import { literal } from './names.js';
import type { Session } from './session.js';

const CREATE_ROLE = /^CREATE ROLE ((?:"(?:[^"]|"")+")|(?:[a-z_][a-z0-9_$]*));$/gm;

/** Names of the roles that pg_dumpall's globals create, as they are. Pure. */
export function rolesOf(globals: string): string[] {
  return [...globals.matchAll(CREATE_ROLE)].map(([, name = '']) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
  );
}

/** Makes the roles that are missing, without rights or passwords: policies and default privileges name them. */
export async function createRoles(session: Session, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    await session.query(
      `DO $do$ BEGIN EXECUTE format('CREATE ROLE %I NOLOGIN', ${literal(role)}); EXCEPTION WHEN duplicate_object THEN NULL; END $do$`,
    );
  }
}
