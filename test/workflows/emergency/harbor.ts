import type { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type {
  EmergencyActivities,
  Json,
  KeptSnapshot,
  Laggard,
  ObjectKey,
  ReadSnapshot,
  SavedObject,
  Survey,
} from '../../../activities/kubernetes/emergency/types.js';
import type { Activities } from '../../../activities/types.js';
import type { SystemInput } from '../../../systems/schema.js';
import { keyOf } from '../../../workflows/emergencyKit/stopFields.js';
import { describeSystem, World } from '../world.js';
import { saved } from './samples.js';

type Name = keyof EmergencyActivities;

/** A pretended cluster with three tiers, an autoscaler, CronJobs and an Ingress. Fields are set and read; pods follow at once. */
export class Harbor extends World {
  readonly objects = new Map<ObjectKey, SavedObject>();
  readonly done: string[] = [];
  readonly snapshots: { kept: KeptSnapshot; objects: SavedObject[] }[] = [];
  readonly marked = new Set<ObjectKey>();
  readonly fail = new Map<Name, ApplicationFailure>();
  /** Objects that cannot be changed. */
  readonly locked = new Set<ObjectKey>();
  /** What does not go, or does not become ready. */
  stuck: Laggard[] = [];
  notReady: Laggard[] = [];
  ours: Survey['ours'] = [];
  problems: string[] = [];
  guess: (SavedObject & { because: string })[] = [];
  damaged = false;
  /** Called at the beginning of an activity, so that a test can act in the middle. */
  on: ((name: Name, input: unknown) => Promise<void>) | undefined;

  constructor(name: string, more: Partial<SystemInput> & { emergency?: object } = {}) {
    const { emergency, ...rest } = more;
    const described = { drainSeconds: 0, recovery: { bakeSeconds: 0 }, ...emergency };
    super(
      describeSystem(name, ['db', 'api', 'web'], {
        tiers: ['data', 'application', 'edge'],
        workloads: [
          { name: 'db', kind: 'StatefulSet', tier: 'data' },
          { name: 'api', tier: 'application', container: 'app' },
          { name: 'web', tier: 'edge' },
        ],
        policies: { rollingUpdate: { bakeSeconds: 0 }, emergency: described },
        ...rest,
      }),
    );
    const here = { namespace: name };
    for (const object of [
      saved('StatefulSet', 'db', { '/spec/replicas': 2 }, { tier: 'data', ...here }),
      saved('Deployment', 'api', { '/spec/replicas': 3 }, { tier: 'application', ...here }),
      saved('Deployment', 'web', { '/spec/replicas': 0 }, { tier: 'edge', ...here }),
      saved('Deployment', 'debug', { '/spec/replicas': 1 }, here),
      saved('HorizontalPodAutoscaler', 'api', { '/spec/behavior': null }, { target: 'Deployment/api', ...here }),
      saved('CronJob', 'nightly', { '/spec/suspend': false }, here),
      saved('CronJob', 'asleep', { '/spec/suspend': true }, here),
      saved('Ingress', 'shop', { '/spec/ingressClassName': 'nginx', '/spec/rules': [] }, here),
    ])
      this.objects.set(this.key(object), object);
  }

  key({ ref }: Pick<SavedObject, 'ref'>): ObjectKey {
    return keyOf({ namespace: this.system.kubernetes?.namespace ?? '' }, ref);
  }

  field(key: ObjectKey, pointer: string): Json | undefined {
    return this.objects.get(key)?.fields[pointer];
  }

  /** A hand that writes beside Belay. */
  overwrite(key: ObjectKey, pointer: string, value: Json): void {
    const object = this.objects.get(key);
    if (object) object.fields[pointer] = value;
  }

  /** Every field of every object, to be compared. */
  state(): Record<string, Record<string, Json>> {
    return structuredClone(Object.fromEntries([...this.objects].map(([key, { fields }]) => [key, fields])));
  }

  private async did(name: Name, input: unknown, detail = ''): Promise<void> {
    this.done.push(`${name} ${detail}`.trim());
    await this.on?.(name, input);
    const failure = this.fail.get(name);
    if (failure) throw failure;
  }

  private surroundings(): Survey['surroundings'] {
    return { services: [], runningJobs: [], budgets: [] };
  }

  private remembered(): Pick<ReadSnapshot & { found: true }, 'snapshots' | 'objects' | 'surroundings' | 'warnings'> {
    return {
      snapshots: this.snapshots.map(({ kept }) => kept),
      objects: structuredClone(this.snapshots.flatMap((one) => one.objects)),
      surroundings: this.surroundings(),
      warnings: [],
    };
  }

  override activities(): Partial<Activities> {
    const emergency: Partial<EmergencyActivities> = {
      surveySystem: async (input) => {
        await this.did('surveySystem', input);
        const down = this.snapshots.map(({ kept }) => kept.id);
        const objects = structuredClone([...this.objects.values()]);
        return { objects, surroundings: this.surroundings(), ours: this.ours, missingRights: [], problems: [], down };
      },
      takeSnapshot: async (input) => {
        await this.did('takeSnapshot', input);
        const covered = new Set(this.snapshots.flatMap(({ kept }) => kept.covers));
        const covers = input.keys.filter((key) => !covered.has(key));
        if (covers.length > 0 && !this.snapshots.some(({ kept }) => kept.id === input.id)) {
          const objects = structuredClone([...this.objects.values()].filter((one) => covers.includes(this.key(one))));
          const takenAt = new Date().toISOString();
          this.snapshots.push({
            kept: { id: input.id, digest: 'd', takenAt, covers, configMap: 'c', stored: 's' },
            objects,
          });
        }
        return { ...this.remembered(), adopted: covers.length === 0 };
      },
      readSnapshot: async (input) => {
        await this.did('readSnapshot', input, input.snapshot);
        if (this.damaged || this.snapshots.length === 0 || input.snapshot === 'lastKnownGood')
          return {
            found: false,
            problem: this.damaged ? 'both copies are damaged' : 'nothing is down',
            guess: this.guess,
          };
        return { found: true, ...this.remembered() };
      },
      setFields: async (input) => {
        const { changes, mark, unmark } = input;
        await this.did('setFields', input, changes.map(({ ref }) => this.key({ ref })).join(','));
        return changes.map(({ ref, fields }) => {
          const key = this.key({ ref });
          if (this.locked.has(key))
            return { key, outcome: 'failed', problem: 'it is forbidden', command: `kubectl scale ${key}` };
          const object = this.objects.get(key);
          if (!object) return { key, outcome: 'gone', problem: 'no such object' };
          const same = Object.entries(fields).every(
            ([pointer, value]) => JSON.stringify(object.fields[pointer] ?? null) === JSON.stringify(value),
          );
          Object.assign(object.fields, fields);
          if (mark) this.marked.add(key);
          if (unmark) this.marked.delete(key);
          return { key, outcome: same ? 'already' : 'changed' };
        });
      },
      waitStopped: async (input) => {
        await this.did('waitStopped', input, `${input.workloads.map(({ name }) => name).join(',')} kill=${input.kill}`);
        const keys = input.workloads.map((ref) => this.key({ ref }));
        const left = this.stuck.filter(({ key }) => keys.includes(key));
        return { left, pods: left.length, tookMs: 1 };
      },
      waitReady: async (input) => {
        const asked = input.workloads.map(({ ref, replicas }) => `${ref.name}=${replicas}`);
        await this.did('waitReady', input, asked.join(','));
        const keys = input.workloads.map(({ ref }) => this.key({ ref }));
        return { left: this.notReady.filter(({ key }) => keys.includes(key)), tookMs: 1 };
      },
      collectEvidence: async (input) => {
        await this.did('collectEvidence', input);
        return { reference: 'evidence:1', pods: 3, bytes: 10, problems: [] };
      },
      checkRecovery: async (input) => {
        await this.did('checkRecovery', input);
        return { problems: this.problems, warnings: [], drift: [] };
      },
      compareWithSnapshot: async (input) => {
        await this.did('compareWithSnapshot', input);
        return input.objects.flatMap((object) =>
          Object.entries(object.fields).flatMap(([what, was]) => {
            const is = this.field(this.key(object), what) ?? null;
            return JSON.stringify(is) === JSON.stringify(was) ? [] : [{ key: this.key(object), what, was, is }];
          }),
        );
      },
      closeShutdown: async (input) => {
        await this.did('closeShutdown', input);
        this.snapshots.length = 0;
      },
    };
    return { ...super.activities(), ...emergency };
  }
}

/** Waits until cancelled, as a long watch does. */
export async function forEver(): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  try {
    await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}
