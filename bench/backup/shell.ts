import { delimiter, dirname } from 'node:path';
import { PREFIX, type BackupPlace } from './place.js';
import { timed } from './program.js';
import type { Run } from './types.js';

const FOLDER = 'shell';
/** Above it, `aws s3 cp -` has to be told the size, or it runs out of parts. */
const EXPECTED_FROM = 40e9;

/** The pipeline that people write by hand, with every program's failure noticed. Pure. */
export function pipelineOf(options: {
  database: string;
  target: string;
  recipients?: readonly string[];
  dumpBytes: number;
}): string {
  const { database, target, recipients = [], dumpBytes } = options;
  const age = recipients.length === 0 ? [] : [`age ${recipients.map((one) => `-r ${one}`).join(' ')}`];
  const expected = dumpBytes > EXPECTED_FROM ? ` --expected-size ${dumpBytes}` : '';
  const upload = `aws s3 cp --only-show-errors${expected} - ${target}`;
  return ['set -o pipefail', [`pg_dump -Fc -Z0 ${database}`, 'zstd -3 -T0', ...age, upload].join(' | ')].join('; ');
}

/** Runs that pipeline; `aws` is the path of the AWS command line. */
export async function shellBackup(
  place: BackupPlace,
  options: { aws: string; database: string; encrypted: boolean; dumpBytes: number },
): Promise<Run> {
  const { aws, database, encrypted, dumpBytes } = options;
  const target = `s3://${place.store.bucket}/${PREFIX}/${FOLDER}/database.dump.zst`;
  const recipients = encrypted ? place.recipients : [];
  const pipeline = pipelineOf({ database, target, recipients, dumpBytes });
  const env = { ...place.toolEnv, PATH: [dirname(aws), place.toolEnv['PATH']].join(delimiter) };
  const run = await timed(place, ['bash', '-c', pipeline], env);
  return { ...run, storedBytes: await place.stored(FOLDER) };
}
