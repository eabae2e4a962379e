import type { Region } from './region.js';
import type { Parameters } from './rules.js';
import { answer, elementsOf, mapElements, Refusal, setChild, textOf } from './xml.js';

/** Sends an action to moto and gives its answer; throws its refusal. */
export type Forward = (parameters: Parameters) => Promise<string>;

type Action = (region: Region, parameters: Parameters, forward: Forward) => Promise<string>;

const stateFault = (what: string, id: string, status: string): Refusal =>
  new Refusal(
    400,
    `Invalid${what}State`,
    `${what === 'DBSnapshot' ? 'Snapshot' : 'Instance'} ${id} is currently ${status}.`,
  );

async function describeInstance(id: string, forward: Forward): Promise<string> {
  const found = await forward({ Action: 'DescribeDBInstances', Version: '2014-10-31', DBInstanceIdentifier: id });
  return elementsOf(found, 'DBInstance')[0] ?? '';
}

async function mustBeAvailable(region: Region, id: string, forward: Forward): Promise<string> {
  const element = await describeInstance(id, forward);
  const status = region.statusOf(id);
  if (status !== 'available') throw stateFault('DBInstance', id, status);
  return element;
}

async function mustBeFree(region: Region, id: string, forward: Forward): Promise<void> {
  const taken = await describeInstance(id, forward).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Refusal && error.status === 404) return false;
      throw error;
    },
  );
  if (taken) throw new Refusal(400, 'DBInstanceAlreadyExists', `DB instance already exists: ${id}`);
  region.instances.delete(id.toLowerCase());
}

const show: Action = async (region, parameters, forward) => {
  const found = await forward(parameters);
  const shown = mapElements(found, 'DBInstance', (element) => region.showInstance(element));
  return mapElements(shown, 'DBSnapshot', (element) => region.showSnapshot(element));
};

/** A new instance, `creating` for a while. */
async function make(region: Region, id: string, parameters: Parameters, forward: Forward, ends: string) {
  await mustBeFree(region, id, forward);
  const made = await forward(parameters);
  const instance = region.instance(id);
  const until = Date.now() + region.control.createMs;
  instance.timeline = [{ status: 'creating', until }];
  if (ends !== 'available') instance.timeline.push({ status: ends, until: Number.POSITIVE_INFINITY });
  return mapElements(made, 'DBInstance', (element) => region.showInstance(element));
}

const createInstance: Action = (region, parameters, forward) =>
  make(region, parameters['DBInstanceIdentifier'] ?? '', parameters, forward, 'available');

const createSnapshot: Action = async (region, parameters, forward) => {
  const { DBInstanceIdentifier: source = '', DBSnapshotIdentifier: id = '' } = parameters;
  const all = await forward({ Action: 'DescribeDBSnapshots', Version: '2014-10-31', SnapshotType: 'manual' });
  const manual = elementsOf(all, 'DBSnapshot');
  if (manual.some((one) => textOf(one, 'DBSnapshotIdentifier') === id.toLowerCase())) {
    throw new Refusal(400, 'DBSnapshotAlreadyExists', `Cannot create the snapshot because ${id} already exists.`);
  }
  await mustBeAvailable(region, source, forward);
  if (manual.length >= region.control.snapshotQuota) {
    throw new Refusal(400, 'SnapshotQuotaExceeded', 'Cannot create more than the allowed number of manual snapshots.');
  }
  const made = await forward(parameters);
  const availableAt = Date.now() + region.control.snapshotMs;
  const instance = region.instance(source);
  instance.timeline = [{ status: 'backing-up', until: availableAt }];
  const { resourceId } = instance;
  region.snapshots.set(id.toLowerCase(), { availableAt, ends: region.control.snapshotEnds, resourceId });
  return mapElements(made, 'DBSnapshot', (element) => region.showSnapshot(element));
};

async function describeSnapshot(region: Region, id: string, forward: Forward): Promise<string> {
  const found = await forward({ Action: 'DescribeDBSnapshots', Version: '2014-10-31', DBSnapshotIdentifier: id });
  return region.showSnapshot(elementsOf(found, 'DBSnapshot')[0] ?? '');
}

const deleteSnapshot: Action = async (region, parameters, forward) => {
  const id = parameters['DBSnapshotIdentifier'] ?? '';
  const element = await describeSnapshot(region, id, forward);
  const status = textOf(element, 'Status') ?? '';
  if (textOf(element, 'SnapshotType') !== 'manual') throw stateFault('DBSnapshot', id, 'an automated snapshot');
  if (!['available', 'failed'].includes(status)) throw stateFault('DBSnapshot', id, status);
  const at = Date.now() + region.control.deleteMs;
  const snapshot = region.snapshots.get(id.toLowerCase());
  if (snapshot) snapshot.deletedAt = at;
  region.due.push({
    at,
    async run() {
      await forward(parameters);
      region.snapshots.delete(id.toLowerCase());
    },
  });
  return answer('DeleteDBSnapshot', setChild(element, 'Status', 'deleting'));
};

const restoreSnapshot: Action = async (region, parameters, forward) => {
  const { DBInstanceIdentifier: id = '', DBSnapshotIdentifier: snapshot = '' } = parameters;
  const element = await describeSnapshot(region, snapshot, forward);
  const status = textOf(element, 'Status') ?? '';
  if (status !== 'available') throw stateFault('DBSnapshot', snapshot, status);
  return restored(region, id, parameters, forward);
};

async function restored(region: Region, id: string, parameters: Parameters, forward: Forward): Promise<string> {
  const made = await make(region, id, parameters, forward, region.control.restoreEnds);
  region.instance(id).parameterStatus = region.control.parameterStatus;
  return made;
}

const restoreToTime: Action = async (region, parameters, forward) => {
  const { SourceDBInstanceIdentifier: source = '', TargetDBInstanceIdentifier: id = '' } = parameters;
  const element = await describeInstance(source, forward);
  if (textOf(element, 'BackupRetentionPeriod') === '0') {
    throw new Refusal(400, 'PointInTimeRestoreNotEnabled', `Automated backups are off for ${source}.`);
  }
  const asked = Date.parse(parameters['RestoreTime'] ?? new Date().toISOString());
  const latest = Date.now() - region.control.restorableLagMs;
  const earliest = Date.parse(textOf(element, 'InstanceCreateTime') ?? '');
  if (parameters['RestoreTime'] !== undefined && !(asked <= latest && asked >= earliest)) {
    const when = asked > latest ? `later than ${new Date(latest).toISOString()}` : 'earlier than its oldest backup';
    throw new Refusal(400, 'InvalidParameterValue', `The specified instance cannot be restored to a time ${when}.`);
  }
  return restored(region, id, parameters, forward);
};

/** Changes that show up in PendingModifiedValues until they are through. */
const PENDING = ['DBInstanceClass', 'AllocatedStorage', 'BackupRetentionPeriod', 'MultiAZ', 'EngineVersion'];

const modifyInstance: Action = async (region, parameters, forward) => {
  const { DBInstanceIdentifier: id = '', NewDBInstanceIdentifier: newId } = parameters;
  const element = await mustBeAvailable(region, id, forward);
  if (newId !== undefined) await mustBeFree(region, newId, forward);
  const instance = region.instance(id);
  const { settleMs, modifyMs, rebootMs } = region.control;
  const pending = PENDING.filter((name) => parameters[name] !== undefined);
  for (const name of pending) instance.pending[name] = parameters[name] ?? '';
  if (newId !== undefined) instance.pending['DBInstanceIdentifier'] = newId;
  // Without it, the change waits for the maintenance window, which does not come here.
  if (parameters['ApplyImmediately'] === 'true') {
    const settled = Date.now() + settleMs;
    const at = settled + modifyMs;
    instance.timeline = [
      { status: 'available', until: settled },
      { status: newId === undefined ? 'modifying' : 'renaming', until: at },
    ];
    region.due.push({
      at,
      async run() {
        await forward(parameters);
        instance.pending = {};
        if (parameters['DBParameterGroupName'] !== undefined) instance.parameterStatus = 'pending-reboot';
        if (newId === undefined) return;
        region.instances.delete(id.toLowerCase());
        region.instances.set(newId.toLowerCase(), instance);
        instance.timeline = [{ status: 'rebooting', until: Date.now() + rebootMs }];
        instance.parameterStatus = 'in-sync';
      },
    });
  }
  return answer('ModifyDBInstance', region.showInstance(element));
};

const rebootInstance: Action = async (region, parameters, forward) => {
  const id = parameters['DBInstanceIdentifier'] ?? '';
  const element = await mustBeAvailable(region, id, forward);
  const instance = region.instance(id);
  instance.timeline = [{ status: 'rebooting', until: Date.now() + region.control.rebootMs }];
  instance.parameterStatus = 'in-sync';
  return answer('RebootDBInstance', region.showInstance(element));
};

const deleteInstance: Action = async (region, parameters, forward) => {
  const id = parameters['DBInstanceIdentifier'] ?? '';
  const element = await describeInstance(id, forward);
  const status = region.statusOf(id);
  if (['creating', 'backing-up', 'deleting', 'renaming'].includes(status)) throw stateFault('DBInstance', id, status);
  if (textOf(element, 'DeletionProtection') === 'true') {
    throw new Refusal(
      400,
      'InvalidParameterCombination',
      'Cannot delete protected DB Instance, please disable deletion protection and try again.',
    );
  }
  const at = Date.now() + region.control.deleteMs;
  region.instance(id).timeline = [{ status: 'deleting', until: Number.POSITIVE_INFINITY }];
  region.due.push({
    at,
    async run() {
      await forward(parameters);
      region.instances.delete(id.toLowerCase());
    },
  });
  return answer('DeleteDBInstance', region.showInstance(element));
};

/** moto gives an empty list where Amazon says that there is no such group. */
const showParameterGroups: Action = async (_region, parameters, forward) => {
  const found = await forward(parameters);
  const name = parameters['DBParameterGroupName'];
  if (name === undefined || found.includes('<DBParameterGroup>')) return found;
  throw new Refusal(404, 'DBParameterGroupNotFound', `DBParameterGroup not found: ${name}`);
};

const ACTIONS: Record<string, Action> = {
  DescribeDBParameterGroups: showParameterGroups,
  CreateDBInstance: createInstance,
  CreateDBSnapshot: createSnapshot,
  DeleteDBSnapshot: deleteSnapshot,
  RestoreDBInstanceFromDBSnapshot: restoreSnapshot,
  RestoreDBInstanceToPointInTime: restoreToTime,
  ModifyDBInstance: modifyInstance,
  RebootDBInstance: rebootInstance,
  DeleteDBInstance: deleteInstance,
  DescribeDBInstances: show,
  DescribeDBSnapshots: show,
};

/** What Amazon does on an action; moto's own answer for those that need nothing more. */
export function actionOf(name: string): Action {
  return ACTIONS[name] ?? ((_region, parameters, forward) => forward(parameters));
}
