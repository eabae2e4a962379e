import { ApplicationFailure } from '@temporalio/common';
import type { Activities, IncidentFacts } from '../../../activities/types.js';
import type { SystemInput } from '../../../systems/schema.js';
import { describeSystem, World } from '../world.js';

const person = { contacts: [] };

/** Incidents of which postmortems are written; deadlines in seconds. */
const incidents = (postmortem: object): NonNullable<SystemInput['incidents']> => ({
  severities: [{ id: 'P1', policy: 'all' }],
  policies: { all: { levels: [{ name: 'on call', afterSeconds: 0, notify: [{ person: 'ada' }] }] } },
  restricted: { channel: 'security' },
  postmortem: { severities: ['P1'], channel: 'reviews', dueSeconds: 3_600, remindSeconds: [1_800], ...postmortem },
});

/** A pretended evidence store and a pretended incident that can be asked. */
export class Archive extends World {
  readonly documents = new Map<string, string>();
  readonly told: string[] = [];
  /** What the incident answers; null when Temporal does not know it any more. */
  known: IncidentFacts | null = null;
  report: string | null = null;
  /** Paths whose last part contains this cannot be kept. */
  failSaving: string | undefined;

  constructor(name: string, postmortem: object = {}) {
    super(
      describeSystem(name, [], {
        people: { ada: { name: 'Ada', ...person } },
        channels: { ops: { type: 'log' }, reviews: { type: 'log' }, security: { type: 'log' } },
        incidents: incidents(postmortem),
      }),
    );
  }

  override activities(): Partial<Activities> {
    return {
      ...super.activities(),
      notify: ({ channelName, notification }) => {
        this.told.push(`${channelName} ${notification.title}`);
        return Promise.resolve({ delivered: true });
      },
      readIncident: () => Promise.resolve(this.known),
      latestReport: () => Promise.resolve(this.report),
      saveDocument: ({ path, body }) => {
        const key = path.join('/');
        if (this.failSaving !== undefined && key.includes(this.failSaving))
          return Promise.reject(ApplicationFailure.nonRetryable('no rights', 'Forbidden'));
        this.documents.set(key, body);
        return Promise.resolve({ reference: `kept:${key}` });
      },
      readDocument: ({ reference }) => Promise.resolve(this.documents.get(reference) ?? null),
    };
  }
}
