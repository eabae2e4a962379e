import type { Client } from '@temporalio/client';
import { readOverrides } from '../../../activities/oncall/overrides.js';
import { onCallAt } from '../../../activities/oncall/rota.js';
import type { System } from '../../../systems/schema.js';
import type { RotaOverride } from '../../../activities/oncall/types.js';
import { line } from './respond.js';

async function rotaLine(client: Client, system: System, name: string, at: number): Promise<string> {
  const rota = system.rotas[name];
  const head = `• ${line(name)}: `;
  if (!rota) return `${head}there is no such rota`;
  if ('source' in rota)
    return `${head}kept in ${rota.source === 'pagerduty' ? 'PagerDuty' : 'Slack'}; \`belay oncall show\` asks there`;
  let made: RotaOverride[] = [];
  let unread = '';
  try {
    made = await readOverrides(client, system.name, name);
  } catch {
    unread = ' (overrides made at run time could not be read)';
  }
  const { people, nobody } = onCallAt(rota, at, made);
  if (nobody !== undefined) return `${head}nobody, ${line(nobody)}${unread}`;
  const names = people.map(
    ({ person, why }) => `${line(system.people[person]?.name ?? person)}${why === undefined ? '' : ` (${line(why)})`}`,
  );
  return `${head}${names.join(', ')}${unread}`;
}

/** Who is on call at `at` (ms), for each rota of a system that it keeps itself. */
export async function oncallText(client: Client, system: System, at: number): Promise<string> {
  const names = Object.keys(system.rotas);
  const title = `*${line(system.title)}*`;
  if (names.length === 0) return `${title}: it has no rotas.`;
  return [title, ...(await Promise.all(names.map((name) => rotaLine(client, system, name, at))))].join('\n');
}
