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
 * Makes an empty database for the restore. Where this machine lacks the collation, it gets the plain one (C): order differs
 * then, values do not. Gives a note about that.
 */
export async function createDatabase(
  session: Session,
  name: string,
  catalogue: Catalogue,
): Promise<string | undefined> {
  try {
    await session.query(`CREATE DATABASE ${quoted(name)} ${localeOptions(catalogue)}`);
    return undefined;
  } catch (error) {
    // The name that exists is none of ours to care about here; what the locale is called differs between machines.
    if (!isError(error, 'RestoreError', 'ProducerFailed')) throw error;
    const plain: Catalogue = { ...catalogue, provider: 'c', locale: null, collate: 'C', ctype: 'C' };
    await session.query(`CREATE DATABASE ${quoted(name)} ${localeOptions(plain)}`);
    return `collation ${catalogue.locale ?? catalogue.collate} is not on this machine; C took its place`;
  }
}
