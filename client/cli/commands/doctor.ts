import pc from 'picocolors';
import { connectByContext, createKubernetesActivities } from '../../../activities/kubernetes/index.js';
import { createSecretResolver, redact } from '../../../activities/secrets/index.js';
import { listSystems, systemDirectories } from '../../../systems/directories.js';
import { openBackups } from '../../backups/open.js';
import type { Check } from '../../doctor/check.js';
import { checkLocks, checkOpenRuns } from '../../doctor/runs.js';
import { checkSystem } from '../../doctor/system.js';
import type { Reach } from '../../doctor/system.js';
import { secretSources } from '../../../worker/secretSources.js';
import { checkTemporal } from '../../doctor/temporal.js';
import { connectTemporal } from '../../connection.js';
import type { Temporal } from '../../connection.js';
import { messageOf, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';
import { taskQueue } from '../session.js';

async function temporalChecks(io: Io, temporal: Temporal): Promise<Check[]> {
  const { client } = temporal;
  const all = [checkTemporal(temporal, taskQueue(io)), checkOpenRuns(client), checkLocks(client)];
  return (await Promise.all(all)).flat();
}

function lines(checks: Check[]): string {
  const marks = { ok: pc.green('✔'), warn: pc.yellow('!'), bad: pc.red('✘') };
  let area = '';
  const out: string[] = [];
  for (const check of checks) {
    if (check.area !== area) out.push(...(area ? [''] : []), pc.bold(check.area));
    area = check.area;
    out.push(`  ${marks[check.level]} ${check.name}: ${check.detail}`);
    if (check.cure) out.push(pc.dim(`      → ${check.cure}`));
  }
  const count = (level: Check['level']) => checks.filter((check) => check.level === level).length;
  return [...out, '', `${count('bad')} bad, ${count('warn')} to look at, ${count('ok')} fine`].join('\n');
}

/** `belay doctor`: with the caller's own credentials. Read-only, but for a tiny object in each backup store, written and removed. Exit code 1 when anything is bad. */
export async function doctor(io: Io, wanted: string[] | undefined): Promise<number> {
  await useSandbox(io);
  const known = listSystems(systemDirectories(io.env));
  const unknown = wanted?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no system "${unknown}". Known: ${known.join(', ')}`);
  let temporal: Temporal | undefined;
  const checks: Check[] = [];
  try {
    temporal = await connectTemporal(io.env);
    checks.push(...(await temporalChecks(io, temporal)));
  } catch (error) {
    checks.push({ area: 'Temporal', name: 'connection', level: 'bad', detail: messageOf(error) });
  }
  try {
    const connect = connectByContext();
    const { inspectWorkload } = createKubernetesActivities({ connect });
    const secrets = createSecretResolver(secretSources(io.env, async () => connect));
    const reach: Reach = {
      cluster: { connect, inspectWorkload },
      secrets,
      client: temporal?.client,
      backups: () => openBackups(io.env),
      taskQueue: taskQueue(io),
    };
    const systems = await Promise.all((wanted ?? known).map((name) => checkSystem(reach, name)));
    // No value that a check has resolved may reach the terminal, whatever message it got into.
    const shown = [...checks, ...systems.flat()].map((check) => ({ ...check, detail: redact(check.detail) }));
    print(io, shown, () => lines(shown));
    return shown.some(({ level }) => level === 'bad') ? exit.error : exit.ok;
  } finally {
    await temporal?.close();
  }
}
