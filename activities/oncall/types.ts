import type { Incidents, Target } from '../../systems/incidentSchema.js';
import type { Contact, Person, Rota } from '../../systems/peopleSchema.js';
import type { Channel } from '../../systems/schema.js';

/** What of a system says who is on call and how people are reached. A snapshot: part of a run's input, without any secret. */
export interface OncallSnapshot {
  system: string;
  people: Record<string, Person>;
  rotas: Record<string, Rota>;
  channels: Record<string, Channel>;
}

/** One page for one person about one incident. */
export interface Page {
  /** The same for every repeat: incident run, generation, level, person. A person gets a page of one key once. */
  key: string;
  /** Workflow id. */
  incident: string;
  severity: string;
  urgent: boolean;
  title: string;
  /** Bounded to 2,000 characters. */
  text: string;
  level: number;
  generation: number;
  /** ms since the epoch. */
  at: number;
  url?: string;
  /** Somebody had answered, and the ladder goes on: PagerDuty, which rings for nothing that is acknowledged there, begins anew. */
  again?: boolean;
}

/** A way to reach a person, with all that is needed to use it. */
export interface ResolvedContact extends Contact {
  target: Channel;
}

export interface OncallPerson {
  id: string;
  person: Person;
  /** Which rota, or `person` when named directly. */
  because: string;
  /** Contacts whose channel exists, in order. */
  contacts: ResolvedContact[];
}

export interface ResolvedTargets {
  people: OncallPerson[];
  /** Names of channels that are told as a whole. */
  channels: string[];
  /** One sentence for each target that led to nobody: nobody on call, a source that did not answer … */
  empty: string[];
}

export interface OncallActivities {
  /** Read-only. Who the targets lead to at `at` (ms): rotas with their overrides, outside sources. A source that is away ends in `empty`, never in an error. */
  resolveTargets: (input: { snapshot: OncallSnapshot; targets: Target[]; at: number }) => Promise<ResolvedTargets>;
  /**
   * Resolves the targets and hands a page to the pager of each person (signal-with-start of `pager/<system>/<person>`). Safe to repeat: a pager takes a key once.
   * `page.key` is completed by the person's id.
   */
  pageTargets: (input: {
    snapshot: OncallSnapshot;
    targets: Target[];
    at: number;
    page: Page;
  }) => Promise<ResolvedTargets>;
  /** Read-only and local: the first instant at or after `at` (ms) within business hours. An activity, because the rules of time zones belong to the machine. */
  nextBusinessTime: (input: { hours: Incidents['businessHours']; at: number }) => Promise<number>;
  /**
   * Tells pagers that pages of an incident are not needed any more. A pager that does not run is no error. With `at`, when that was decided (ms), pages
   * written since stay, and earlier ones that arrive late are not taken. `keep` has keys as the pager has them, completed by the person's id.
   */
  recallPages: (input: {
    system: string;
    people: string[];
    incident: string;
    why: string;
    keep?: string[];
    at?: number;
  }) => Promise<void>;
}

/** An override that somebody made at run time; kept in the memo of the workflow `rota/<system>/<rota>`. Instants are ISO 8601. */
export interface RotaOverride {
  id: string;
  person: string;
  from: string;
  to: string;
  reason: string;
  by: string;
  at: string;
}
