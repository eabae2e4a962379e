import type { OncallPerson } from '../../../activities/oncall/types.js';
import type { Activities } from '../../../activities/types.js';
import { type SystemInput, systemSchema } from '../../../systems/schema.js';
import type { IncidentView } from '../../../workflows/incident/types.js';
import { World } from '../world.js';
import { shop } from './samples.js';

/** A pretended on-call: pages, messages and documents are noted, and can be told to fail. Deadlines are seconds, so that a test takes seconds. */
export class Watchtower extends World {
  readonly pages: { level: number; generation: number; key: string; people: string[]; text: string }[] = [];
  readonly recalls: string[] = [];
  readonly views: IncidentView[] = [];
  readonly thread: string[] = [];
  readonly stored: number[] = [];
  readonly settled: string[] = [];
  /** Called when a level is paged, so that a test can act in the middle. */
  onPage: ((level: number) => Promise<void>) | undefined;
  absent: string[] = [];
  /** Called before a report is kept, so that a test can act while the run closes. */
  onReport: (() => Promise<void>) | undefined;

  constructor(
    name: string,
    seconds: { levels?: [number, number, number]; more?: Partial<NonNullable<SystemInput['incidents']>> } = {},
  ) {
    const [first, second, third] = seconds.levels ?? [0, 600, 1_200];
    const raw: SystemInput = structuredClone(shop);
    const level = (title: string, afterSeconds: number, person: string) => ({
      name: title,
      afterSeconds,
      notify: [{ person }],
    });
    super(
      systemSchema.parse({
        ...raw,
        name,
        channels: { ...raw.channels, pages: { type: 'pagerduty', routingKey: 'env:PAGERDUTY_KEY' } },
        incidents: {
          ...raw.incidents,
          severities: [
            {
              id: 'P1',
              policy: 'critical',
              urgent: true,
              stakeholders: ['bosses'],
              customers: { channel: 'public', afterSeconds: 3_600 },
            },
          ],
          policies: {
            critical: {
              levels: [level('on call', first, 'ada'), level('senior', second, 'bob'), level('manager', third, 'cyd')],
              repeat: 1,
              repeatSeconds: 600,
            },
          },
          reopenSeconds: 1,
          repeatSeconds: 1,
          postmortem: {},
          ...seconds.more,
        },
      }),
    );
  }

  override activities(): Partial<Activities> {
    const { saveReport, ...others } = super.activities();
    return {
      ...others,
      saveReport: async (report) => {
        await this.onReport?.();
        if (!saveReport) throw new Error('the world keeps no reports');
        return saveReport(report);
      },
      pageTargets: async ({ snapshot, targets, page }) => {
        const named = targets.flatMap((target) => ('person' in target ? [target.person] : []));
        const present = named.filter((id) => !this.absent.includes(id));
        this.pages.push({
          level: page.level,
          generation: page.generation,
          key: page.key,
          people: present,
          text: page.text,
        });
        await this.onPage?.(page.level);
        const people = present.flatMap((id): OncallPerson[] => {
          const person = snapshot.people[id];
          return person ? [{ id, person, because: 'person', contacts: [] }] : [];
        });
        return {
          people,
          channels: [],
          empty: named.filter((id) => this.absent.includes(id)).map((id) => `${id} is away`),
        };
      },
      resolveTargets: ({ targets }) =>
        Promise.resolve({ people: [], channels: [], empty: targets.map((target) => JSON.stringify(target)) }),
      nextBusinessTime: ({ at }) => Promise.resolve(at),
      recallPages: ({ people, why }) => {
        this.recalls.push(`${people.join(' ')}: ${why}`);
        return Promise.resolve();
      },
      settlePage: ({ action }) => {
        this.settled.push(action);
        return Promise.resolve();
      },
      showIncident: ({ view, channelName }) => {
        this.views.push(view);
        return Promise.resolve({ root: { channelName, channel: 'C1', ts: '1.1' } });
      },
      postTimeline: ({ entries }) => {
        this.thread.push(...entries.map(({ text }) => text));
        return Promise.resolve();
      },
      saveTimeline: ({ entries }) => {
        this.stored.push(...entries.map(({ n }) => n));
        return Promise.resolve({ reference: `file:///timeline/${entries[0]?.n ?? 0}` });
      },
    };
  }
}
