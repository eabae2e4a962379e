import { Refusal } from './xml.js';

export type Parameters = Record<string, string>;

/** What Amazon demands of each action and moto does not. */
const REQUIRED: Record<string, readonly string[]> = {
  CreateDBInstance: ['DBInstanceIdentifier', 'DBInstanceClass', 'Engine'],
  CreateDBSnapshot: ['DBInstanceIdentifier', 'DBSnapshotIdentifier'],
  DeleteDBSnapshot: ['DBSnapshotIdentifier'],
  RestoreDBInstanceFromDBSnapshot: ['DBInstanceIdentifier', 'DBSnapshotIdentifier'],
  RestoreDBInstanceToPointInTime: ['TargetDBInstanceIdentifier', 'SourceDBInstanceIdentifier'],
  ModifyDBInstance: ['DBInstanceIdentifier'],
  RebootDBInstance: ['DBInstanceIdentifier'],
  DeleteDBInstance: ['DBInstanceIdentifier'],
  AddTagsToResource: ['ResourceName', 'Tags.Tag.1.Key'],
};

const NEW_INSTANCE = ['NewDBInstanceIdentifier', 'TargetDBInstanceIdentifier'];
const CLASS = /^db\.(t3|t4g|m[5-8](g|i|d|gd)?|r[5-8](g|i|d|gd)?|x2g)\.(micro|small|medium|large|xlarge|\d{1,2}xlarge)$/;

const invalid = (message: string): Refusal => new Refusal(400, 'InvalidParameterValue', message);

/** Letters, digits and single hyphens, beginning with a letter, of at most so many characters. */
export function isIdentifier(text: string, longest: number): boolean {
  return text.length <= longest && /^[A-Za-z](-?[A-Za-z0-9])*$/.test(text);
}

/** Throws what Amazon answers to a request that is wrong by itself, whatever exists. */
export function checkParameters(action: string, parameters: Parameters): void {
  for (const name of REQUIRED[action] ?? []) {
    if (!parameters[name])
      throw new Refusal(400, 'MissingParameter', `The request must contain the parameter ${name}.`);
  }
  const makes = /^(CreateDBInstance|RestoreDBInstanceFromDBSnapshot)$/.test(action) ? ['DBInstanceIdentifier'] : [];
  for (const name of [...NEW_INSTANCE, ...makes]) {
    const given = parameters[name];
    if (given !== undefined && !isIdentifier(given, 63)) {
      throw invalid(`The parameter ${name} is not a valid identifier: ${given}.`);
    }
  }
  if (action === 'CreateDBSnapshot' && !isIdentifier(parameters['DBSnapshotIdentifier'] ?? '', 255)) {
    throw invalid('The parameter DBSnapshotIdentifier is not a valid identifier.');
  }
  const instanceClass = parameters['DBInstanceClass'];
  if (instanceClass !== undefined && !CLASS.test(instanceClass)) {
    throw invalid(`Invalid DB Instance class: ${instanceClass}`);
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (name.startsWith('VpcSecurityGroupIds.') && !/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value)) {
      throw invalid(`Invalid security group , groupId= ${value}, groupName=.`);
    }
  }
  if (action === 'DeleteDBInstance') {
    const skip = parameters['SkipFinalSnapshot'] === 'true';
    if (skip === (parameters['FinalDBSnapshotIdentifier'] !== undefined)) {
      throw new Refusal(
        400,
        'InvalidParameterCombination',
        skip
          ? 'FinalDBSnapshotIdentifier cannot be specified when deleting a DB Instance without a final snapshot.'
          : 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.',
      );
    }
  }
  if (action === 'RestoreDBInstanceToPointInTime') {
    const latest = parameters['UseLatestRestorableTime'] === 'true';
    if (latest === (parameters['RestoreTime'] !== undefined)) {
      throw new Refusal(
        400,
        'InvalidParameterCombination',
        'Exactly one of RestoreTime and UseLatestRestorableTime must be specified.',
      );
    }
  }
}
