import { probe } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Facts, PostmortemInput } from './input.js';
import { entriesIn, entriesOf, merged } from './timeline.js';

/** Kept parts of a timeline that are read: the first and the last ones, since all of it passes through the history. */
const PARTS = 10;

/** Facts as the report of an incident holds them; undefined when it holds none. */
export function factsIn(report: unknown): Facts | undefined {
  if (typeof report !== 'object' || report === null) return undefined;
  const { incident, timeline, stored } = report as Record<string, unknown>;
  if (typeof incident !== 'object' || incident === null || !('openedAt' in incident)) return undefined;
  return {
    // Written by the incident itself; only an older version of it could have left something out.
    view: incident as Facts['view'],
    entries: entriesOf(timeline),
    stored: Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : [],
  };
}

async function fromReport(workflowId: string): Promise<Facts | undefined> {
  const json = await probe('Read the report of the incident').latestReport({ runbook: 'incident', workflowId });
  if (json === null) return undefined;
  try {
    return factsIn(JSON.parse(json));
  } catch {
    return undefined;
  }
}

async function read(input: PostmortemInput, step: Step): Promise<Facts> {
  if (input.facts) {
    step.note('given by the incident');
    return input.facts;
  }
  const asked = await probe('Read the incident').readIncident({ workflowId: input.incident });
  if (asked) {
    step.note('asked of the incident');
    return asked;
  }
  const reported = await fromReport(input.incident);
  if (reported) {
    step.note('read from its report');
    return reported;
  }
  throw fail(
    'PreflightFailed',
    `${input.incident} is known neither to Temporal nor to the evidence store: look for its id with \`belay incident list\` or \`belay report --list\``,
  );
}

const sampled = (references: string[]): string[] =>
  references.length <= PARTS ? references : [...references.slice(0, PARTS / 2), ...references.slice(-PARTS / 2)];

/** All that is known of the incident. A kept part that cannot be read is named in `unread`, and stops nothing. */
export async function readFacts(run: Run<PostmortemInput>): Promise<{ facts: Facts; unread: string[] }> {
  const facts = await run.steps.step('Read the incident', (step) => read(run.input, step));
  const readable = sampled(facts.stored);
  const unread = facts.stored.filter((one) => !readable.includes(one));
  const parts: Facts['entries'][] = [];
  for (const reference of readable) {
    const part = await readPart(reference);
    if (part) parts.push(part);
    else unread.push(reference);
  }
  return { facts: { ...facts, entries: merged([...parts, facts.entries]) }, unread };
}

async function readPart(reference: string): Promise<Facts['entries'] | undefined> {
  try {
    const body = await probe('Read a part of the timeline').readDocument({ reference });
    return body === null ? undefined : entriesIn(body);
  } catch (error) {
    if (causeOf(error).type === 'Cancelled') throw error;
    return undefined;
  }
}
