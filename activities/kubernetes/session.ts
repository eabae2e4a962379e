import { Context } from '@temporalio/activity';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { isStatus } from './api/apiError.js';
import type { Answer, Call, KubeClients } from './api/clients.js';
import { toFailure } from './api/failure.js';
import type { KubeList, PodTemplate, Workload } from './model/objects.js';
import { workloadPath } from './model/paths.js';
import { templateHash } from './model/templateHash.js';
import { templateRedactor } from './redact.js';
import type { WorkloadRef } from './types.js';

/** More than a run ever meets: what it found, what it wrote, what it restored, and strangers' ones. */
const MAX_TEMPLATES = 20;

export type Connect = (context?: string) => KubeClients;

/** The calls of one activity on one workload: cancelled with the activity, and silent about the env values it has read. */
export class Session {
  private readonly templates = new Map<string, PodTemplate>();

  constructor(
    readonly ref: WorkloadRef,
    readonly clients: KubeClients,
    readonly signal: AbortSignal,
  ) {}

  call<T>(call: Call): Promise<Answer<T>> {
    return this.clients.call<T>({ signal: this.signal, ...call });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.call<T>({ path })).body;
  }

  async list<T>(path: string, query: NonNullable<Call['query']> = {}): Promise<T[]> {
    return (await this.call<KubeList<T>>({ path, query })).body.items;
  }

  /** The workload now, its env values hidden from here on. Throws NotFound. */
  async workload(): Promise<Answer<Workload>> {
    const answer = await this.call<Workload>({ path: workloadPath(this.ref) });
    this.hides(answer.body.spec.template);
    return answer;
  }

  /** The env values of this template shall not appear in messages. */
  hides(template: PodTemplate): void {
    this.templates.set(templateHash(template), template);
    const [oldest] = this.templates.keys();
    if (this.templates.size > MAX_TEMPLATES && oldest !== undefined) this.templates.delete(oldest);
  }

  /** Removes env values from a text. */
  get hide(): (text: string) => string {
    return templateRedactor([...this.templates.values()], [this.ref.name, this.ref.namespace]);
  }
}

/** Runs an activity's work; turns API errors into typed failures (`api/failure.ts`) and a cancellation into the SDK's. */
export async function withSession<T>(
  connect: Connect,
  ref: WorkloadRef,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session(ref, connect(ref.context), Context.current().cancellationSignal);
  try {
    return await work(session);
  } catch (error) {
    await throwIfCancelled();
    throw toFailure(error, ref, session.hide);
  }
}

/** The value, or `otherwise` when the object does not exist. */
export async function orIfMissing<T, U>(value: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await value;
  } catch (error) {
    if (isStatus(error, 404)) return otherwise;
    throw error;
  }
}
