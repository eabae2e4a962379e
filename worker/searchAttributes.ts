import type { ConnectionLike } from '@temporalio/client';

/** Search attributes of every run; few, because Postgres visibility has ten Keyword columns. */
export const searchAttributes = {
  BelayRunbook: 'Keyword',
  BelaySystem: 'Keyword',
  BelayTarget: 'KeywordList',
  BelayOutcome: 'Keyword',
  BelaySeverity: 'Keyword',
  BelayRequestedBy: 'Keyword',
  BelayState: 'Keyword',
  BelayNextDeadline: 'Datetime',
} as const;

/** Wire values of temporal.api.enums.v1.IndexedValueType; importing the enum would load all of the protocol's code. */
const indexedValueType = { Keyword: 2, Datetime: 6, KeywordList: 7 } as const;

export interface SearchAttributeState {
  /** Not registered in the namespace. */
  missing: string[];
  /** Registered with another type, in words. */
  wrong: string[];
}

/** Compares what the namespace knows with what runs need. Read-only. */
export async function inspectSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
): Promise<SearchAttributeState> {
  const { customAttributes, systemAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const known: Record<string, number> = { ...systemAttributes, ...customAttributes };
  const missing: string[] = [];
  const wrong: string[] = [];
  for (const [name, type] of Object.entries(searchAttributes)) {
    const found = known[name];
    if (found === undefined) missing.push(name);
    else if (found !== indexedValueType[type]) wrong.push(`${name} must be of type ${type}`);
  }
  return { missing, wrong };
}

/** Registers `names`. A name that is there already with the right type is no error on the server. */
export async function registerSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
  names: string[],
): Promise<void> {
  const types: Record<string, number> = {};
  for (const [name, type] of Object.entries(searchAttributes)) {
    if (names.includes(name)) types[name] = indexedValueType[type];
  }
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: types });
}
