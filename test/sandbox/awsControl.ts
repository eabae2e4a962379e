import { RDSClient } from '@aws-sdk/client-rds';
import type { ControlInput } from '../../sandbox/aws/control.js';
import type { Seen } from '../../sandbox/aws/region.js';
import type { Surroundings } from '../../sandbox/aws/seed.js';
import type { SandboxState } from '../../sandbox/kit/types.js';

type Aws = NonNullable<SandboxState['aws']>;

/** One region of the double: each test file uses one of its own, whose faults and delays nobody else sees. */
export interface AwsRegion {
  aws: Aws;
  region: string;
  client: RDSClient;
  /** Replaces the whole control: what is left out is as at the start. */
  control(input: ControlInput): Promise<void>;
  /** Actions that were asked for so far, without the ones that only look. */
  actions(): Promise<Seen[]>;
  surroundings: Surroundings;
}

export async function awsRegion(aws: Aws, region: string): Promise<AwsRegion> {
  const call = async (method: string, what: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${aws.endpoint}/_sandbox/${what}?region=${region}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
    return response.json();
  };
  const { accessKeyId, secretAccessKey } = aws;
  return {
    aws,
    region,
    client: new RDSClient({
      region,
      endpoint: aws.endpoint,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    }),
    async control(input) {
      await call('PUT', 'control', input);
    },
    async actions() {
      const seen = (await call('GET', 'requests')) as Seen[];
      return seen.filter(({ action }) => !/^(Describe|List)/.test(action));
    },
    surroundings: (await call('POST', 'seed')) as Surroundings,
  };
}
