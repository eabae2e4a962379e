import {
  inspectSearchAttributes,
  registerSearchAttributes,
  searchAttributes,
} from '../../../worker/searchAttributes.js';
import { CliError, messageOf } from '../errors.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { withTemporal } from '../session.js';

/** Asks for the namespace, so that the error of a missing one says more than "not found". */
async function mustExist(describe: () => Promise<unknown>, namespace: string): Promise<void> {
  try {
    await describe();
  } catch (error) {
    throw new CliError(
      `Namespace "${namespace}" cannot be used (${messageOf(error)}). Create it: temporal operator namespace create ${namespace} --retention 30d`,
      1,
      [],
      { cause: error },
    );
  }
}

/** `belay setup`: registers the search attributes that runs set. Safe to repeat. */
export async function setup(io: Io): Promise<void> {
  await withTemporal(io, async ({ client, namespace, address }) => {
    const { connection } = client;
    await mustExist(() => connection.workflowService.describeNamespace({ namespace }), namespace);
    const { missing, wrong } = await inspectSearchAttributes(connection, namespace);
    if (wrong.length > 0) {
      throw new CliError(
        `Search attributes of another type stand in the way: ${wrong.join(', ')}. Remove them (temporal operator search-attribute remove --name …) and repeat.`,
      );
    }
    if (missing.length > 0) await registerSearchAttributes(connection, namespace, missing);
    const present = Object.keys(searchAttributes).filter((name) => !missing.includes(name));
    print(io, { address, namespace, registered: missing, present }, () =>
      [
        `Namespace ${namespace} at ${address}`,
        missing.length > 0 ? `  registered: ${missing.join(', ')}` : '  nothing to do',
        ...(present.length > 0 ? [`  was there already: ${present.join(', ')}`] : []),
      ].join('\n'),
    );
  });
}
