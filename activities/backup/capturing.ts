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
    const [saved, contents] = await together(stop, [
      saveAll(capture.payloads, facts.estimatedBytes, signal, save),
      capture.contents(target.policy.verify === 'L6'),
    ]);
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

async function saveAll(
  payloads: Capture['payloads'],
  estimate: number | undefined,
  signal: AbortSignal,
  save: Save,
): Promise<Saved[]> {
  const saved: Saved[] = [];
  for (const payload of payloads) {
    saved.push(await save(payload, estimate, signal));
    payload.stored?.();
  }
  return saved;
}

/** Waits for both; the first failure aborts the other, and is thrown when both have ended. */
async function together<A, B>(stop: AbortController, work: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const failures: unknown[] = [];
  const ended = work.map((one: Promise<unknown>) =>
    one.then(
      () => undefined,
      (error: unknown) => {
        failures.push(error);
        stop.abort(error);
      },
    ),
  );
  await Promise.all(ended);
  if (failures.length > 0) throw failures[0];
  return Promise.all(work);
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
