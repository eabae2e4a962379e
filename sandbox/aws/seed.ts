import type { Forward } from './actions.js';
import { Refusal, textOf } from './xml.js';

/** What an instance needs around it and every account has; made in moto's default VPC. */
export interface Surroundings {
  subnetGroup: string;
  securityGroups: string[];
  parameterGroup: string;
  optionGroup: string;
}

const NAME = 'sandbox';
/** The newest that moto knows option groups of. */
const MAJOR = '13';
const RDS = '2014-10-31';
const EC2 = '2016-11-15';

/** Makes a subnet group, a parameter group and an option group for PostgreSQL. Safe to repeat. */
export async function seed(forward: (service: 'rds' | 'ec2') => Forward): Promise<Surroundings> {
  const [rds, ec2] = [forward('rds'), forward('ec2')];
  const subnets = await ec2({ Action: 'DescribeSubnets', Version: EC2 });
  const ids = [...subnets.matchAll(/<subnetId>([^<]+)/g)].map(([, id = '']) => id);
  const groups = await ec2({ Action: 'DescribeSecurityGroups', Version: EC2 });
  const parameterGroup = `${NAME}-postgres${MAJOR}`;
  const named = { Version: RDS, DBSubnetGroupName: NAME, DBSubnetGroupDescription: NAME };
  const members = Object.fromEntries(ids.map((id, index) => [`SubnetIds.SubnetIdentifier.${index + 1}`, id]));
  await once(rds({ Action: 'CreateDBSubnetGroup', ...named, ...members }));
  await once(
    rds({
      Action: 'CreateDBParameterGroup',
      Version: RDS,
      DBParameterGroupName: parameterGroup,
      DBParameterGroupFamily: `postgres${MAJOR}`,
      Description: NAME,
    }),
  );
  await once(
    rds({
      Action: 'CreateOptionGroup',
      Version: RDS,
      OptionGroupName: parameterGroup,
      EngineName: 'postgres',
      MajorEngineVersion: MAJOR,
      OptionGroupDescription: NAME,
    }),
  );
  return {
    subnetGroup: NAME,
    securityGroups: [textOf(groups, 'groupId') ?? ''],
    parameterGroup,
    optionGroup: parameterGroup,
  };
}

async function once(made: Promise<unknown>): Promise<void> {
  await made.catch((error: unknown) => {
    if (!(error instanceof Refusal && /AlreadyExists/.test(error.code))) throw error;
  });
}
