import { missingIn } from './text.js';
import type { Stage } from './types.js';

/** Characters of a text; it stands in the history with each revision. */
export const MAX_TEXT = 200_000;
/** Revisions by people; beyond it the history would grow too large. */
const MAX_REVISIONS = 40;
/** Answers that are remembered for repeats. */
const SEEN_MAX = 200;

export const deskActionNames = ['edit', 'submit', 'publish'] as const;
export type DeskActionName = (typeof deskActionNames)[number];

/** What people send. `requestId` makes a repeat harmless: the first answer is given again. */
export interface DeskPayload {
  actor: string;
  reason?: string;
  requestId?: string;
  /** Of `edit`. */
  text?: string;
  /** The revision that the sender has read. */
  expectedRevision?: number;
}

export interface DeskAnswer {
  accepted: boolean;
  answer: string;
  stage: Stage;
  revision: number;
}

/** A change that somebody made; `text` is there until it is kept. */
export interface DeskRevision {
  revision: number;
  by: string;
  at: number;
  text?: string;
  reference?: string;
}

/** The text and who did what with it: plain JSON, changed in place. Times are ms since the epoch. */
export interface Desk {
  /** Set once there is a text. */
  open: boolean;
  stage: Stage;
  text: string;
  revisions: DeskRevision[];
  submittedBy?: string;
  publishedBy?: string;
  publishedAt?: number;
  /** Counts what people did. */
  changes: number;
  seen: { id: string; answer: DeskAnswer }[];
}

export const emptyDesk = (): Desk => ({ open: false, stage: 'draft', text: '', revisions: [], changes: 0, seen: [] });

export const revisionOf = (desk: Desk): number => desk.revisions.at(-1)?.revision ?? 0;

/** A text that could not be kept is not published: it goes back into review. */
export function unpublish(desk: Desk): void {
  desk.stage = 'inReview';
  delete desk.publishedBy;
  delete desk.publishedAt;
}

/** Puts a text on the desk as its next revision. */
export function putText(desk: Desk, text: string, by: string, at: number): void {
  desk.open = true;
  desk.text = text;
  desk.revisions.push({ revision: revisionOf(desk) + 1, by, at, text });
}

function badText(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.trim() === '') return '"text" is missing: give the whole text, in markdown';
  return text.length > MAX_TEXT ? `"text" has ${text.length} characters, at most ${MAX_TEXT} are taken` : undefined;
}

function badPayload(name: DeskActionName, input: DeskPayload | undefined): string | undefined {
  if (typeof input !== 'object' || input === null) return 'the payload must be an object like {"actor":"alice"}';
  const { actor, reason, requestId, expectedRevision } = input;
  if (typeof actor !== 'string' || actor.trim() === '' || actor.length > 200)
    return '"actor" is missing: say who you are (1 to 200 characters)';
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > 500))
    return '"reason" must be text of at most 500 characters';
  if (requestId !== undefined && (typeof requestId !== 'string' || requestId.length > 200))
    return '"requestId" must be text of at most 200 characters';
  if (expectedRevision !== undefined && typeof expectedRevision !== 'number')
    return '"expectedRevision" must be the number of the revision that you have read';
  return name === 'edit' ? badText(input.text) : undefined;
}

/** The answer that a request was given before. */
export const earlierAnswer = (desk: Desk, input: DeskPayload | undefined): DeskAnswer | undefined =>
  input?.requestId === undefined ? undefined : desk.seen.find(({ id }) => id === input.requestId)?.answer;

/** Why an action does nothing now, or undefined when it works. Pure and synchronous: it is the update's validator. */
export function refusal(desk: Desk, name: DeskActionName, input: DeskPayload | undefined): string | undefined {
  const bad = badPayload(name, input);
  if (bad !== undefined || input === undefined) return bad;
  if (!desk.open) return 'the draft is not written yet; try again in a moment';
  if (desk.stage === 'published')
    return `it was published by ${desk.publishedBy ?? 'somebody'}; what is published stays`;
  const revision = revisionOf(desk);
  if (input.expectedRevision !== undefined && input.expectedRevision !== revision)
    return `revision ${revision} by ${desk.revisions.at(-1)?.by ?? '?'} is newer than ${input.expectedRevision}; read it first`;
  switch (name) {
    case 'edit':
      return revision > MAX_REVISIONS ? `it has ${revision} revisions, no more are taken; publish it` : undefined;
    case 'submit': {
      if (desk.stage === 'inReview') return `it was submitted by ${desk.submittedBy ?? 'somebody'} already`;
      const missing = missingIn(desk.text);
      return missing.length === 0
        ? undefined
        : `still to be filled in: ${missing.slice(0, 12).join('; ')}. Write "none" or "not known" where that is so`;
    }
    case 'publish':
      return desk.stage === 'inReview' ? undefined : 'only a text in review can be published; submit it first';
  }
}

function perform(desk: Desk, name: DeskActionName, { actor, text = '' }: DeskPayload, now: number): string {
  switch (name) {
    case 'edit':
      putText(desk, text, actor, now);
      desk.stage = 'draft';
      delete desk.submittedBy;
      return `Revision ${revisionOf(desk)} is the text now.`;
    case 'submit':
      desk.stage = 'inReview';
      desk.submittedBy = actor;
      return 'It is in review; another person should read it and publish it.';
    case 'publish':
      desk.stage = 'published';
      desk.publishedBy = actor;
      desk.publishedAt = now;
      return `Revision ${revisionOf(desk)} is published.`;
  }
}

/** Does what was asked; whoever calls has asked `refusal` first. The answer is the same for a repeat. */
export function act(desk: Desk, name: DeskActionName, input: DeskPayload, now: number): DeskAnswer {
  const before = earlierAnswer(desk, input);
  if (before) return before;
  // A validator and its handler may lie one event apart.
  const why = refusal(desk, name, input);
  const done = why ?? perform(desk, name, input, now);
  if (why === undefined) desk.changes += 1;
  const answer = { accepted: why === undefined, answer: done, stage: desk.stage, revision: revisionOf(desk) };
  if (input.requestId !== undefined) desk.seen = [...desk.seen, { id: input.requestId, answer }].slice(-SEEN_MAX);
  return answer;
}
