import type { Reference } from './references.js';
import type { Known, Referred } from './referred.js';
import { listed } from './words.js';

interface Verdicts {
  problems: string[];
  warnings: string[];
}

/** What is referred to and is not there, one sentence each, with those that need it. Pure. */
export function judgeReferences(references: Reference[], known: Known): Verdicts {
  const verdicts: Verdicts = { problems: [], warnings: [...known.warnings] };
  for (const { reference, needed } of grouped(references, known)) {
    if (known.unread.has(reference.kind)) continue;
    const found = known.found.get(idOf(reference));
    const lack = lackOf(reference, found);
    if (lack === undefined) continue;
    const sentence = `${reference.kind} ${reference.name} ${lack}. ${consequence(reference, needed, found)}`;
    verdicts[['pull', 'emptied'].includes(reference.without) ? 'warnings' : 'problems'].push(sentence);
  }
  return verdicts;
}

/** One entry for each lack that there may be, with the workloads that it would hit; a missing object is told once, not for each key. */
function grouped(references: Reference[], known: Known): { reference: Reference; needed: string[] }[] {
  const found = new Map<string, { reference: Reference; needed: Set<string> }>();
  for (const reference of references) {
    const key = known.found.has(idOf(reference)) ? (reference.key ?? '') : '';
    const id = [idOf(reference), key, reference.without].join('\n');
    const entry = found.get(id) ?? { reference, needed: new Set() };
    found.set(id, { ...entry, needed: entry.needed.add(reference.by) });
  }
  return [...found.values()].map(({ reference, needed }) => ({ reference, needed: [...needed] }));
}

const idOf = ({ kind, name }: Reference): string => `${kind}/${name}`;

function lackOf({ key }: Reference, found: Referred | undefined): string | undefined {
  if (!found) return 'is missing';
  if (key !== undefined && !found.keys?.has(key)) return `has no key ${key}`;
  if (found.phase === 'Lost') return 'has lost its volume';
  return found.leaving ? 'is being deleted' : undefined;
}

function consequence({ kind, without }: Reference, needed: string[], found: Referred | undefined): string {
  const who = listed(needed);
  switch (without) {
    case 'pull':
      return `${who} may not be able to pull images without it; create it unless the registry needs no login.`;
    case 'emptied':
      return `${who} has claims deleted when it is scaled down (persistentVolumeClaimRetentionPolicy), so it starts with an empty volume; restore the data after.`;
    case 'data':
      if (found) return `${who} needs it: restore the volume from a backup first.`;
      return `${who} would start with an empty volume: restore the claim from a backup first, or create it so that the emptiness is wanted.`;
    case 'pods':
      if (kind === 'PersistentVolumeClaim')
        return `The pods of ${who} would wait for it for ever: restore it from a backup.`;
      return `The pods of ${who} cannot start without it: put it back, e.g. from a backup of the namespace.`;
  }
}
