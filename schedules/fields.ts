import type {
  ScheduleDescription,
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
  Workflow,
} from '@temporalio/client';
import type { SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { overlapWord } from './spec.js';
import type { Times } from './times.js';
import { durationText, serverTimesText, timesText } from './timesText.js';

/**
 * A schedule as field → text, made so that equal schedules have equal fields whatever form they come in (the server turns times into
 * calendars of ranges, fills defaults, orders maps). A field that does not apply is absent. Input stands value by value: `input.changes[0].image`.
 */
export type Fields = Readonly<Record<string, string>>;

type Action = ScheduleOptionsStartWorkflowAction<Workflow>;

/** Fields of what we ask for. Pure. */
export function describedFields(
  times: Times,
  jitterMs: number,
  action: Action,
  policies: NonNullable<ScheduleOptions['policies']>,
): Fields {
  const attributes = Array.isArray(action.typedSearchAttributes) ? action.typedSearchAttributes : [];
  return present({
    times: timesText(times),
    timeZone: times.kind === 'clock' ? times.timeZone : 'UTC',
    jitter: durationText(jitterMs),
    overlap: overlapWord(policies.overlap ?? 'SKIP'),
    catchupWindow: durationText(Number(policies.catchupWindow)),
    pauseOnFailure: String(policies.pauseOnFailure ?? false),
    runbook: String(action.workflowType),
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    summary: action.staticSummary,
    ...inputFields(action.args ?? []),
    ...attributeFields(attributes),
  });
}

/** The same fields of what the server has, and whatever else was set there. Pure. */
export function existingFields({ spec, action, policies, state }: ScheduleDescription): Fields {
  const { retry, priority } = action;
  return present({
    times: serverTimesText(spec),
    // An empty name is UTC.
    timeZone: spec.timezone || 'UTC',
    jitter: durationText(spec.jitter ?? 0),
    overlap: overlapWord(policies.overlap),
    catchupWindow: durationText(policies.catchupWindow),
    pauseOnFailure: String(policies.pauseOnFailure),
    runbook: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    summary: action.staticSummary,
    ...inputFields(action.args ?? []),
    ...attributeFields(pairs(action.typedSearchAttributes)),
    details: action.staticDetails,
    executionTimeout: timeout(action.workflowExecutionTimeout),
    runTimeout: timeout(action.workflowRunTimeout),
    taskTimeout: timeout(action.workflowTaskTimeout),
    retry: retry && JSON.stringify(retry),
    priority: isEmpty(priority) ? undefined : JSON.stringify(priority),
    remainingActions: state.remainingActions?.toString(),
  });
}

function timeout(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 ? durationText(value) : undefined;
}

function isEmpty(value: object | undefined): boolean {
  return (
    value === undefined || Object.values(value).every((inner) => inner === undefined || inner === 0 || inner === '')
  );
}

function inputFields(args: readonly unknown[]): Record<string, string> {
  const [input, ...more] = args;
  return { ...flat('input', input), ...(more.length > 0 && { 'further arguments': JSON.stringify(more) }) };
}

function flat(path: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return value === undefined ? {} : { [path]: JSON.stringify(value) };
  const entries = Array.isArray(value)
    ? value.map((inner: unknown, index) => flat(`${path}[${index}]`, inner))
    : Object.entries(value).map(([key, inner]) => flat(`${path}.${key}`, inner));
  return Object.assign({}, ...entries) as Record<string, string>;
}

function pairs(attributes: SearchAttributePair[] | TypedSearchAttributes | undefined): SearchAttributePair[] {
  if (attributes === undefined) return [];
  return Array.isArray(attributes) ? attributes : attributes.getAll();
}

function attributeFields(attributes: readonly SearchAttributePair[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [`searchAttribute ${key.name}`, String(value)]));
}

function present(fields: Record<string, string | undefined>): Fields {
  const set = Object.entries(fields).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(set);
}
