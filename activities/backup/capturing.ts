import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sizeText } from './classify.js';
import { contentsText, summarise } from './contents.js';
import type { Capture, Contents, Engine, Payload } from './engine.js';
import { backupError } from './errors.js';
import { CONTENTS_NAME, payloadBytes } from './manifest.js';
import type { BackupActivities, BackupTarget, Draft, SourceFacts, StoredObject } from './types.js';
import { currentAttempt, engineContext, type Work } from './work.js';

type Input = Pick<Parameters<BackupActivities['takeBackup']>[0], 'target' | 'backupId' | 'lastBytes'>;

/** A payload that has been saved, to the store or to a folder. */
export interface Saved {
  object: StoredObject;
  /** Before compression, where known. */
  plainBytes?: number;
}

/** Saves one payload; `estimate` is of its bytes before compression. */
export type Save = (payload: Payload, estimate: number | undefined, signal: AbortSignal) => Promise<Saved>;

/**
 * Looks at the source, captures it, saves every payload and the list of contents, and checks the size (L1). The capture is closed
 * however it ends.
 */
export async function captured(
  work: Work,
  engine: Engine,
  input: Input,
  save: Save,
  begin: (facts: SourceFacts) => Promise<void> = async () => undefined,
): Promise<Draft> {
  const { target } = input;
  refusePlain(engine, target);
  // One failure ends the rest: payloads and contents are read at the same time.
  const stop = new AbortController();
  const signal = AbortSignal.any([work.beat.signal, stop.signal]);
  const context = engineContext(work, signal);
  work.beat.phase('inspect', 'work');
  const facts = await engine.inspect(target.source, context);
  await begin(facts);
  work.beat.phase('capture', 'work');
  const startedAt = new Date().toISOString();
  const capture = await engine.capture(target.source, context);
  try {
    const { saved, contents } = await readAll(capture, stop, {
      save: (payload) => save(payload, facts.estimatedBytes, signal),
      hashes: target.policy.verify === 'L6',
    });
    checkSize(input, payloadBytes({ objects: saved.map(({ object }) => object) }));
    const list = await save(await contentsPayload(work, engine, contents), undefined, signal);
    const plain = saved.flatMap(({ plainBytes }) => (plainBytes === undefined ? [] : [plainBytes]));
    return {
      backupId: input.backupId,
      attempt: currentAttempt().attempt,
      startedAt,
      endedAt: new Date().toISOString(),
      recoveryPoint: capture.recoveryPoint,
      facts: { ...facts, warnings: [...facts.warnings, ...(capture.warnings ?? [])] },
      objects: [...saved, list].map(({ object }) => object),
      contents: summarise(contents),
      excluded: capture.excluded,
      ...(plain.length === saved.length && { plainBytes: plain.reduce((sum, bytes) => sum + bytes, 0) }),
    };
  } finally {
    work.beat.phase('close', 'work');
    await capture.close();
  }
}

/** Throws `Unsupported` when the payloads hold secrets and nothing would encrypt them. */
export function refusePlain(engine: Engine, { source, policy }: BackupTarget): void {
  if (!engine.needsEncryption || policy.encryption) return;
  throw backupError(
    'Unsupported',
    `${source.name} holds secrets: a backup of ${source.type} is never stored in plain text. Describe backups.encryption with two recipients.`,
  );
}

/** Saves all payloads, those `beside` at the same time as the others, and reads the contents meanwhile. */
async function readAll(
  capture: Capture,
  stop: AbortController,
  { save, hashes }: { save: (payload: Payload) => Promise<Saved>; hashes: boolean },
): Promise<{ saved: Saved[]; contents: Contents }> {
  const saved = new Map<Payload, Saved>();
  const saveEach = async (payloads: readonly Payload[]): Promise<void> => {
    for (const payload of payloads) {
      saved.set(payload, await save(payload));
      payload.stored?.();
    }
  };
  let contents: Contents | undefined;
  await together(stop, [
    saveEach(capture.payloads.filter(({ beside }) => !beside)),
    saveEach(capture.payloads.filter(({ beside }) => beside)),
    capture.contents(hashes).then((read) => void (contents = read)),
  ]);
  if (contents === undefined) throw new Error('nothing was read');
  return { saved: capture.payloads.flatMap((payload) => saved.get(payload) ?? []), contents };
}

/** Waits for all; the first failure aborts the others, and is thrown when all have ended. */
async function together(stop: AbortController, work: readonly Promise<void>[]): Promise<void> {
  const failures: unknown[] = [];
  const ended = work.map((one) =>
    one.catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
    }),
  );
  await Promise.all(ended);
  if (failures.length > 0) throw failures[0];
}

/** L1: a backup that is too small, or much smaller than the one before, is none. */
export function checkSize({ target, lastBytes }: Input, bytes: number): void {
  const { minBytes, maxShrinkPercent } = target.policy;
  const { name } = target.source;
  if (bytes < minBytes) {
    throw backupError(
      'TooSmall',
      `The backup of ${name} has ${bytes} bytes, less than minBytes (${minBytes}): see whether the source is empty.`,
    );
  }
  if (lastBytes === undefined || bytes >= lastBytes * (1 - maxShrinkPercent / 100)) return;
  throw backupError(
    'TooSmall',
    `The backup of ${name} has ${sizeText(bytes)}, the last one had ${sizeText(lastBytes)}: smaller by more than ${maxShrinkPercent} %. ` +
      'If the source has shrunk on purpose, raise maxShrinkPercent for one backup.',
  );
}

/** The list of contents goes the way of every payload. It names what is in the source, so it is as secret as that. */
async function contentsPayload(work: Work, engine: Engine, contents: Contents): Promise<Payload> {
  const text = contentsText(contents);
  if (engine.needsEncryption) return { name: CONTENTS_NAME, from: { bytes: () => Buffer.from(text) } };
  const file = path.join(work.scratch, CONTENTS_NAME);
  await writeFile(file, text, { mode: 0o600 });
  return { name: CONTENTS_NAME, from: { file } };
}
