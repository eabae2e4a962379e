import { describe, expect, test } from '@jest/globals';
import {
  act,
  type Desk,
  type DeskActionName,
  type DeskPayload,
  emptyDesk,
  MAX_TEXT,
  putText,
  refusal,
  revisionOf,
  unpublish,
} from '../../../workflows/postmortem/desk.js';
import { toFill } from '../../../workflows/postmortem/text.js';

const T = 1_000;
const ada = { actor: 'ada' };

function desk(text = `Cause: ${toFill('cause')}`): Desk {
  const one = emptyDesk();
  putText(one, text, 'Belay', T);
  return one;
}

/** Plays actions and gives the desk. */
function played(...actions: [DeskActionName, DeskPayload][]): Desk {
  const one = desk();
  for (const [name, input] of actions) expect(act(one, name, input, T)).toMatchObject({ accepted: true });
  return one;
}

const edit: [DeskActionName, DeskPayload] = ['edit', { ...ada, text: 'Cause: a full disk' }];
const submit: [DeskActionName, DeskPayload] = ['submit', ada];
const publish: [DeskActionName, DeskPayload] = ['publish', { actor: 'bob' }];

describe('what is refused', () => {
  const bad = (payload: unknown) => payload as DeskPayload;
  const cases: [string, () => Desk, DeskActionName, DeskPayload, RegExp][] = [
    ['an edit before there is a draft', emptyDesk, 'edit', { ...ada, text: 'x' }, /not written yet/],
    ['nobody', desk, 'edit', bad({ text: 'x' }), /"actor" is missing/],
    ['a payload that is none', desk, 'submit', bad('ada'), /must be an object/],
    ['an edit without a text', desk, 'edit', ada, /"text" is missing/],
    ['an edit with an empty text', desk, 'edit', { ...ada, text: ' \n' }, /"text" is missing/],
    ['a text that is too long', desk, 'edit', { ...ada, text: 'x'.repeat(MAX_TEXT + 1) }, /at most/],
    [
      'an edit of an old revision',
      () => played(edit),
      'edit',
      { ...ada, text: 'x', expectedRevision: 1 },
      /revision 2 by ada is newer than 1/,
    ],
    ['a submit with something to be filled in', desk, 'submit', ada, /still to be filled in: cause/],
    ['a second submit', () => played(edit, submit), 'submit', ada, /submitted by ada already/],
    ['publishing a draft', () => played(edit), 'publish', ada, /submit it first/],
    [
      'an edit of what is published',
      () => played(edit, submit, publish),
      'edit',
      { ...ada, text: 'x' },
      /published by bob/,
    ],
    ['publishing twice', () => played(edit, submit, publish), 'publish', ada, /published by bob/],
  ];

  test.each(cases)('%s', (_, make, name, payload, why) => {
    const one = make();
    const before = structuredClone(one);
    expect(refusal(one, name, payload)).toMatch(why);
    expect(act(one, name, payload, T)).toMatchObject({ accepted: false });
    expect(one).toEqual(before);
  });

  test('the forty-first revision of people', () => {
    const one = desk();
    for (let n = 0; n < 40; n++) act(one, 'edit', { ...ada, text: `t${n}` }, T);
    expect(revisionOf(one)).toBe(41);
    expect(refusal(one, 'edit', { ...ada, text: 'x' })).toMatch(/no more are taken/);
    expect(refusal(one, 'submit', ada)).toBeUndefined();
  });
});

describe('what works', () => {
  test('draft, review, published', () => {
    const one = played(edit, submit, publish);
    expect(one).toMatchObject({ stage: 'published', publishedBy: 'bob', publishedAt: T, text: 'Cause: a full disk' });
    expect(one.revisions.map(({ revision, by }) => [revision, by])).toEqual([
      [1, 'Belay'],
      [2, 'ada'],
    ]);
  });

  test('an edit in review makes it a draft again', () => {
    const one = played(edit, submit, ['edit', { actor: 'bob', text: 'better' }]);
    expect(one.stage).toBe('draft');
    expect(one.submittedBy).toBeUndefined();
    expect(refusal(one, 'publish', ada)).toMatch(/submit it first/);
  });

  test('a repeat gets the first answer and changes nothing', () => {
    const one = desk();
    const first = act(one, 'edit', { ...ada, text: 'a', requestId: 'r1' }, T);
    act(one, 'edit', { ...ada, text: 'b', requestId: 'r2' }, T);
    expect(act(one, 'edit', { ...ada, text: 'a', requestId: 'r1' }, T)).toEqual(first);
    expect(one.text).toBe('b');
  });

  test('what could not be kept is in review again', () => {
    const one = played(edit, submit, publish);
    unpublish(one);
    expect(one).toMatchObject({ stage: 'inReview', submittedBy: 'ada' });
    expect(refusal(one, 'publish', { actor: 'bob' })).toBeUndefined();
  });
});
