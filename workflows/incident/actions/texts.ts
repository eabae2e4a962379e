import type { ActionName } from '../types.js';

/** What each action does: shown by the UI beside the update, by the CLI's help and by the docs. */
export const actionTexts: Record<ActionName, string> = {
  acknowledge: 'You have it: nobody is paged any more. {"actor":"you"}',
  escalate: 'Page the next level now. Give the level that you see: {"actor":"you","expectedLevel":0}',
  resolve: 'It is over. {"actor":"you","reason":"what it was"}',
  reassign: 'To a person, who is paged, or to an escalation policy. {"actor":"you","to":"bob","expectedOwner":"alice"}',
  snooze: 'Page nobody until a time. {"actor":"you","until":"2026-12-01T08:00:00Z"}, or null to end it.',
  setSeverity: 'Another severity; the ladder is planned anew from the opening. {"actor":"you","severity":"P2"}',
  postUpdate: 'A status update. {"actor":"you","text":"…","audience":"team"}, or "stakeholders", or "public".',
  advance: 'A phase is done. {"actor":"you","phase":"triage"}',
  merge: 'It is part of another incident. {"actor":"you","into":"incident/…"}',
  applyPolicy: 'Read the system\'s description again and plan the rest of the ladder by it. {"actor":"you"}',
  note: 'A line for the timeline. {"actor":"you","text":"…"}',
  linkRun:
    'A run belongs to it; with "start": true it is started. {"actor":"you","workflowId":"…","runbook":"rollback"}',
  checkStep: 'A step of the checklist is done. {"actor":"you","step":0}',
  markNoise: 'What was wrong with the alert, for the review. {"actor":"you","noise":"falsePositive"}',
};
