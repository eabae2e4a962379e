import { randomBytes } from 'node:crypto';
import type { SandboxState } from '../kit/types.js';
import { createPagerdutyDouble } from './index.js';

const USERS = [
  { id: 'PADA001', name: 'Ada', email: 'ada@example.com' },
  { id: 'PBEN001', name: 'Ben', email: 'ben@example.com' },
];
const SCHEDULE = 'PSCHED1';

/** Serves a double with one service, one schedule in which Ada is on call, and keys of its own. */
export async function servePagerduty(port: number): Promise<NonNullable<SandboxState['pagerduty']>> {
  const routingKey = randomBytes(16).toString('hex');
  const apiToken = randomBytes(15).toString('base64url');
  const users = USERS.map(({ id }) => id);
  const double = createPagerdutyDouble({
    apiToken,
    services: [{ id: 'PSERV01', name: 'Belay sandbox', routingKey, escalation: users }],
    users: USERS,
    oncalls: [{ schedule: SCHEDULE, user: USERS[0]?.id ?? '' }],
  });
  const url = await double.listen(port);
  return { url, apiToken, routingKey, schedule: SCHEDULE, users, webhookSecret: randomBytes(32).toString('hex') };
}
