import { isError } from '../backup/classify.js';
import type { Catalogue } from './catalogue.js';
import { literal, quoted } from './names.js';
import type { Session } from './session.js';

/** `CREATE DATABASE` options that give a database the encoding and collation of the source. Pure. */
export function localeOptions(catalogue: Catalogue): string {
  const { encoding, collate, ctype, provider, locale } = catalogue;
  const options = [
    'TEMPLATE template0',
    `ENCODING ${literal(encoding)}`,
    `LC_COLLATE ${literal(collate)}`,
    `LC_CTYPE ${literal(ctype)}`,
  ];
  if (provider === 'i' && locale !== null) options.push('LOCALE_PROVIDER icu', `ICU_LOCALE ${literal(locale)}`);
  if (provider === 'b' && locale !== null) options.push('LOCALE_PROVIDER builtin', `BUILTIN_LOCALE ${literal(locale)}`);
  return options.join(' ');
}

/**
 * Makes an empty database for a restore. With `fallBack` it gets the plain collation (C) where the machine lacks the source's:
 * order differs then, values do not. Gives a note about that.
 */
export async function createDatabase(
  session: Session,
  name: string,
  catalogue: Catalogue,
  options: { fallBack: boolean; tablespace?: string },
): Promise<string | undefined> {
  const tablespace = options.tablespace === undefined ? '' : ` TABLESPACE ${quoted(options.tablespace)}`;
  const create = `CREATE DATABASE ${quoted(name)}${tablespace}`;
  try {
    await session.query(`${create} ${localeOptions(catalogue)}`);
    return undefined;
  } catch (error) {
    // There is no code of its own for a locale that is not known.
    if (!options.fallBack || !isError(error, 'ProducerFailed')) throw error;
    const plain: Catalogue = { ...catalogue, provider: 'c', locale: null, collate: 'C', ctype: 'C' };
    await session.query(`${create} ${localeOptions(plain)}`);
    return `collation ${catalogue.locale ?? catalogue.collate} is not on this machine; C took its place`;
  }
}
