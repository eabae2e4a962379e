import type { DoubleUser } from './account.js';

/** Who is on call in a schedule, always; or between two instants (ISO 8601). */
export interface DoubleOncall {
  schedule: string;
  user: string;
  start?: string;
  end?: string;
}

export interface RestAnswer {
  status: number;
  body: unknown;
}

const error = (status: number, message: string, errors: string[] = []): RestAnswer => ({
  status,
  body: { error: { message, code: 2000 + status, ...(errors.length > 0 ? { errors } : {}) } },
});

const ALLOWED: Record<string, string[]> = {
  '/oncalls': [
    'schedule_ids[]',
    'user_ids[]',
    'escalation_policy_ids[]',
    'include[]',
    'since',
    'until',
    'earliest',
    'time_zone',
    'limit',
    'offset',
    'total',
  ],
  '/users': ['query', 'team_ids[]', 'include[]', 'limit', 'offset', 'total'],
};

const reference = (type: string, id: string, summary: string) => ({
  id,
  type,
  summary,
  self: `https://api.pagerduty.com/${id}`,
  html_url: null,
});
const full = ({ id, name, email }: DoubleUser) => ({
  ...reference('user', id, name),
  name,
  email,
  time_zone: 'Etc/UTC',
  role: 'user',
});

/** Answers an authenticated GET of the REST API v2: `/oncalls`, `/users`, `/users/{id}`. */
export function answerRest(
  path: string,
  query: URLSearchParams,
  users: DoubleUser[],
  oncalls: DoubleOncall[],
): RestAnswer {
  const one = /^\/users\/([^/]+)$/.exec(path)?.[1];
  if (one !== undefined) {
    const user = users.find(({ id }) => id === one);
    return user ? { status: 200, body: { user: full(user) } } : error(404, 'Not Found');
  }
  const allowed = ALLOWED[path];
  if (!allowed) return error(404, 'Not Found');
  const strange = [...query.keys()].filter((name) => !allowed.includes(name));
  if (strange.length > 0)
    return error(
      400,
      'Invalid Input Provided',
      strange.map((name) => `${name} is not a parameter`),
    );
  const limit = Number(query.get('limit') ?? 25);
  const offset = Number(query.get('offset') ?? 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100 || !Number.isInteger(offset) || offset < 0)
    return error(400, 'Invalid Input Provided', ['limit must be 1 to 100, offset at least 0']);
  const all = path === '/users' ? users.map(full) : shown(query, users, oncalls);
  if (typeof all === 'string') return error(400, 'Invalid Input Provided', [all]);
  const page = all.slice(offset, offset + limit);
  const more = offset + limit < all.length;
  return { status: 200, body: { [path.slice(1)]: page, limit, offset, more, total: null } };
}

function shown(query: URLSearchParams, users: DoubleUser[], oncalls: DoubleOncall[]): object[] | string {
  const at = (name: string): number => Date.parse(query.get(name) ?? new Date().toISOString());
  const [since, until] = [at('since'), at('until')];
  if (Number.isNaN(since) || Number.isNaN(until)) return 'since and until must be ISO 8601';
  if (until < since) return 'until must not be before since';
  const schedules = query.getAll('schedule_ids[]');
  const people = query.getAll('user_ids[]');
  const whole = query.getAll('include[]').includes('users');
  return oncalls
    .filter(
      ({ schedule, user }) =>
        (schedules.length === 0 || schedules.includes(schedule)) && (people.length === 0 || people.includes(user)),
    )
    .filter(
      ({ start, end }) =>
        (start === undefined || Date.parse(start) <= until) && (end === undefined || Date.parse(end) > since),
    )
    .map(({ schedule, user: id, start = null, end = null }) => {
      const user = users.find((one) => one.id === id) ?? { id, name: id, email: '' };
      return {
        user: whole ? full(user) : reference('user_reference', id, user.name),
        schedule: reference('schedule_reference', schedule, schedule),
        escalation_policy: reference('escalation_policy_reference', 'PEP0001', 'Default'),
        ...{ escalation_level: 1, start, end },
      };
    });
}
