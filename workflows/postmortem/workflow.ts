import { ApplicationFailure, condition, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { mutate } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import { attributes } from '../kit/searchAttributes.js';
import type { Report } from '../kit/types.js';
import { type Deadlines, deadlinesOf, nextDeadline, tick, type Told } from './deadlines.js';
import {
  act,
  type Desk,
  deskActionNames,
  earlierAnswer,
  emptyDesk,
  putText,
  refusal,
  revisionOf,
  unpublish,
} from './desk.js';
import { renderDraft } from './draft.js';
import { readFacts } from './facts.js';
import { type PostmortemInput, withoutBulk } from './input.js';
import { deskUpdate, draftQuery, statusQuery } from './messages.js';
import { planOf } from './plan.js';
import { headline, howTo, stands, type Subject, tell } from './tell.js';
import { missingIn, time } from './text.js';
import { deskDescriptions, verbs } from './texts.js';
import type { PostmortemView } from './types.js';

type PostmortemRun = Run<PostmortemInput>;

/** Everything that one postmortem is while it is open. */
interface Work {
  run: PostmortemRun;
  desk: Desk;
  subject: Subject;
  deadlines: Deadlines;
  told: Told;
}

/** Postmortem of an incident; input and failure types in `runbook.ts`. */
export async function postmortem(raw: unknown): Promise<Report> {
  const desk = emptyDesk();
  const known: { run?: PostmortemRun } = {};
  handle(desk, known);
  return runbook<PostmortemInput>('postmortem', verbs, withoutBulk(raw), async (run) => {
    known.run = run;
    const work = await prepare(run, desk);
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${run.status.plan?.summary ?? ''}` };
    tell(
      run,
      work.subject,
      'start',
      'Postmortem',
      `${stands(desk)}. Due ${time(work.deadlines.dueAt)}.\n${howTo(run.status.workflowId)}`,
    );
    try {
      return await attend(work);
    } catch (error) {
      if (causeOf(error).type === 'Cancelled') tell(run, work.subject, 'end', 'No postmortem', whyNone(run));
      throw error;
    }
  });
}

function whyNone({ control }: PostmortemRun): string {
  const { aborted } = control.state;
  return aborted ? `${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'It was cancelled.';
}

function handle(desk: Desk, known: { run?: PostmortemRun }): void {
  setHandler(draftQuery, () => ({ revision: revisionOf(desk), text: desk.text }), { description: 'The present text.' });
  for (const name of deskActionNames) {
    setHandler(
      deskUpdate(name),
      (input) => {
        const repeated = earlierAnswer(desk, input) !== undefined;
        const answer = act(desk, name, input, Date.now());
        const { actor, reason = '', requestId } = input;
        if (!repeated)
          known.run?.status.decisions.push({
            ...{ verb: name, actor, reason, at: new Date(Date.now()).toISOString() },
            ...{ accepted: answer.accepted, answer: answer.answer },
            ...(requestId !== undefined && { requestId }),
          });
        return answer;
      },
      {
        description: deskDescriptions[name],
        validator: (input) => {
          if (earlierAnswer(desk, input)) return;
          const why = refusal(desk, name, input);
          if (why) throw ApplicationFailure.create({ type: 'Refused', message: `${name}: ${why}`, nonRetryable: true });
        },
      },
    );
  }
}

/** Reads the incident and puts the first text on the desk. Touches nothing. */
async function prepare(run: PostmortemRun, desk: Desk): Promise<Work> {
  run.enter('planning', 'Reads the incident');
  const { input, system } = run;
  const { facts, unread } = await readFacts(run);
  const { view } = facts;
  const rules = system.incidents?.postmortem ?? { dueSeconds: 0, remindSeconds: [] };
  const endedAt = input.resolvedAt === undefined ? (view.resolvedAt ?? Date.now()) : Date.parse(input.resolvedAt);
  const deadlines = deadlinesOf(endedAt, input.dueAt === undefined ? undefined : Date.parse(input.dueAt), rules);
  const { title = view.title, severity = view.severity } = input;
  const subject = { title, severity, security: view.kind === 'security' };
  const told: Told = { reminders: 0 };
  const work = { run, desk, subject, deadlines, told };
  setHandler(statusQuery, () => ({ ...run.status, postmortem: viewOf(work) }), {
    description: 'Where the postmortem stands.',
  });
  await run.steps.step('Write the draft', async (step) => {
    const text = renderDraft({ ...facts, title, severity, endedAt, dueAt: deadlines.dueAt, unread });
    putText(desk, text, 'Belay', Date.now());
    step.note(
      `${facts.entries.length} entries of the timeline, ${missingIn(text).length} things for people to fill in`,
    );
  });
  run.status.plan = planOf(subject, deadlines, desk, unread);
  return work;
}

function viewOf({ run, desk, subject, deadlines, told }: Work): PostmortemView {
  const next = desk.stage === 'published' ? undefined : nextDeadline(deadlines, told);
  return {
    incident: run.input.incident,
    title: subject.title,
    severity: subject.severity,
    stage: desk.stage,
    revision: revisionOf(desk),
    revisions: desk.revisions.map(({ revision, by, at, reference }) => ({
      ...{ revision, by, at },
      ...(reference !== undefined && { reference }),
    })),
    endedAt: deadlines.endedAt,
    dueAt: deadlines.dueAt,
    missing: missingIn(desk.text),
    ...(next !== undefined && { nextReminderAt: next }),
    ...(told.breachedAt !== undefined && { breachedAt: told.breachedAt }),
    ...(desk.submittedBy !== undefined && { submittedBy: desk.submittedBy }),
    ...(desk.publishedBy !== undefined && { publishedBy: desk.publishedBy }),
  };
}

/** Keeps what people write and tells what is due, until they have published it. */
async function attend(work: Work): Promise<Conclusion> {
  const { run, desk, deadlines, told } = work;
  upsertSearchAttributes([{ key: attributes.severity, value: work.subject.severity }]);
  for (;;) {
    const seen = desk.changes;
    await keepRevisions(work);
    if (desk.stage === 'published') {
      const reference = await keepFinal(work);
      if (reference !== undefined) return conclude(work, reference);
    }
    remind(work, tick(deadlines, told, Date.now()));
    run.enter('running', headline(desk, deadlines, Date.now()));
    const at = nextDeadline(deadlines, told);
    upsertSearchAttributes([{ key: attributes.nextDeadline, value: at === undefined ? null : new Date(at) }]);
    const changed = () => desk.changes !== seen;
    if (at === undefined) await condition(changed);
    else await condition(changed, Math.max(1, at - Date.now()), { summary: told.reminders === 0 ? 'Reminder' : 'Due' });
  }
}

function remind({ run, subject, desk, deadlines }: Work, what: ReturnType<typeof tick>): void {
  if (what === 'nothing') return;
  const text = `${stands(desk)}. Due ${time(deadlines.dueAt)}.\n${howTo(run.status.workflowId)}`;
  if (what === 'remind') tell(run, subject, 'start', 'Postmortem is due', text);
  else tell(run, subject, 'failure', 'Postmortem is overdue', text);
}

const pathOf = ({ run }: Work, name: string): string[] => [
  'postmortems',
  run.input.incident,
  `${workflowInfo().runId}-${name}.md`,
];

/** Every revision is kept. A store that is away stops nobody: the newest text is in the run, and the final one must be kept. */
async function keepRevisions(work: Work): Promise<void> {
  for (const revision of work.desk.revisions) {
    const { text, revision: number, by } = revision;
    if (text === undefined) continue;
    await work.run.steps.step(`Keep revision ${number}`, async (step) => {
      try {
        const path = pathOf(work, `r${number}`);
        const summary = `Keep revision ${number}`;
        const kept = await mutate(summary).saveDocument({ path, body: text, contentType: 'text/markdown' });
        revision.reference = kept.reference;
        step.note(`by ${by}, ${kept.reference}`);
      } catch (error) {
        const { type, message } = causeOf(error);
        if (type === 'Cancelled') throw error;
        step.failed(`not kept: ${message}`);
      }
      delete revision.text;
    });
  }
}

/** The final text, as it was published. Undefined when it could not be kept: then it is in review again, and people are told. */
async function keepFinal(work: Work): Promise<string | undefined> {
  const { run, desk, subject } = work;
  const { publishedBy = '', publishedAt = 0 } = desk;
  const body = `${desk.text.trimEnd()}\n\n---\n\nRevision ${revisionOf(desk)}, published by ${publishedBy}, ${time(publishedAt)}.\n`;
  return run.steps.step('Publish', async (step) => {
    try {
      const path = pathOf(work, `final-${publishedAt}`);
      const { reference } = await mutate('Keep the final text').saveDocument({
        path,
        body,
        contentType: 'text/markdown',
      });
      step.note(reference);
      return reference;
    } catch (error) {
      const { type, message } = causeOf(error);
      if (type === 'Cancelled') throw error;
      unpublish(desk);
      step.failed(`not kept, so not published: ${message}`);
      tell(run, subject, 'failure', 'Postmortem could not be kept', `${message}\nPublish it again.`);
      return undefined;
    }
  });
}

function conclude({ run, desk, subject, deadlines, told }: Work, reference: string): Conclusion {
  upsertSearchAttributes([{ key: attributes.nextDeadline, value: null }]);
  run.commit();
  const { publishedBy = '', publishedAt = 0 } = desk;
  const late = publishedAt > deadlines.dueAt || told.breachedAt !== undefined ? ', late' : '';
  const summary = `Published by ${publishedBy}${late}: ${reference}`;
  tell(run, subject, 'end', 'Postmortem is published', summary);
  return { outcome: 'succeeded', summary };
}
