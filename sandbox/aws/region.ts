import { randomBytes } from 'node:crypto';
import { controlSchema, type Control } from './control.js';
import { setChild, textOf } from './xml.js';
import type { Parameters } from './rules.js';

/** Something that takes effect later, as Amazon's control plane does it. */
export interface Due {
  at: number;
  run(): Promise<void>;
}

/** What moto does not know of an instance. */
export interface Instance {
  /** DbiResourceId: stays when the instance is renamed. */
  resourceId: string;
  /** Statuses to come, each until its time; then moto's. */
  timeline: { status: string; until: number }[];
  /** Children of PendingModifiedValues. */
  pending: Record<string, string>;
  parameterStatus: string;
}

export interface Snapshot {
  availableAt: number;
  ends: string;
  resourceId: string;
  deletedAt?: number;
}

/** One line of the log that tests read. */
export interface Seen {
  at: string;
  action: string;
  parameters: Parameters;
  /** HTTP status of the answer; 0 when none was given. */
  status: number;
  code?: string;
}

/** All that the double knows of one region. */
export class Region {
  control: Control = controlSchema.parse({});
  instances = new Map<string, Instance>();
  snapshots = new Map<string, Snapshot>();
  due: Due[] = [];
  log: Seen[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** One request at a time: what a request finds must not change under it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(async () => {
      await this.advance();
      return work();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async advance(): Promise<void> {
    const now = Date.now();
    const ready = this.due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
    this.due = this.due.filter(({ at }) => at > now);
    for (const one of ready) await one.run();
  }

  instance(id: string): Instance {
    const known = this.instances.get(id.toLowerCase());
    if (known) return known;
    const resourceId = `db-${randomBytes(16).toString('hex').toUpperCase().slice(0, 26)}`;
    const instance: Instance = { resourceId, timeline: [], pending: {}, parameterStatus: 'in-sync' };
    this.instances.set(id.toLowerCase(), instance);
    return instance;
  }

  statusOf(id: string): string {
    const now = Date.now();
    return this.instances.get(id.toLowerCase())?.timeline.find(({ until }) => until > now)?.status ?? 'available';
  }

  /** One `<DBInstance>` of moto's as Amazon would show it now. */
  showInstance(element: string): string {
    const id = textOf(element, 'DBInstanceIdentifier') ?? '';
    const instance = this.instance(id);
    const status = this.statusOf(id);
    const pending = Object.entries(instance.pending).map(([name, value]) => `<${name}>${value}</${name}>`);
    const restorable = new Date(Date.now() - this.control.restorableLagMs).toISOString();
    const keeps = textOf(element, 'BackupRetentionPeriod') !== '0';
    let shown = setChild(element, 'DBInstanceStatus', status);
    shown = setChild(shown, 'DbiResourceId', instance.resourceId);
    shown = setChild(shown, 'LatestRestorableTime', keeps ? restorable : null);
    shown = setChild(shown, 'PendingModifiedValues', pending.length > 0 ? pending.join('') : null);
    shown = shown.replaceAll(
      /<ParameterApplyStatus>[^<]*/g,
      `<ParameterApplyStatus>${status === 'creating' ? 'applying' : instance.parameterStatus}`,
    );
    // Amazon gives an address only when there is something behind it.
    return status === 'creating' ? setChild(shown, 'Endpoint', null) : shown;
  }

  /** One `<DBSnapshot>`; undefined once its deletion is through. */
  showSnapshot(element: string): string {
    const id = textOf(element, 'DBSnapshotIdentifier') ?? '';
    const snapshot = this.snapshots.get(id);
    if (snapshot === undefined) {
      return setChild(
        element,
        'DbiResourceId',
        this.instance(textOf(element, 'DBInstanceIdentifier') ?? '').resourceId,
      );
    }
    const shown = setChild(element, 'DbiResourceId', snapshot.resourceId);
    if (snapshot.deletedAt !== undefined) return setChild(shown, 'Status', 'deleting');
    const left = snapshot.availableAt - Date.now();
    if (left <= 0) {
      const percent = snapshot.ends === 'available' ? '100' : '37';
      return setChild(setChild(shown, 'Status', snapshot.ends), 'PercentProgress', percent);
    }
    const percent = Math.floor(100 * (1 - left / Math.max(1, this.control.snapshotMs)));
    const creating = setChild(setChild(shown, 'Status', 'creating'), 'PercentProgress', String(Math.max(0, percent)));
    // Not known before the snapshot has begun to be taken.
    return setChild(setChild(creating, 'SnapshotCreateTime', null), 'OriginalSnapshotCreateTime', null);
  }
}
