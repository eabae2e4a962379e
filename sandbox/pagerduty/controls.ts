import { z } from 'zod';
import { ACTIONS } from './account.js';
import { failureSchema } from './failures.js';
import type { PagerdutyDouble } from './index.js';
import type { DoubleOncall } from './rest.js';

const subscriptionSchema = z
  .strictObject({
    url: z.url(),
    secrets: z.array(z.string().min(1)).min(1).max(2),
    headers: z.record(z.string(), z.string()).optional(),
  })
  .nullable();
const actSchema = z.strictObject({
  incident: z.string().min(1),
  action: z.enum(ACTIONS),
  user: z.string().min(1),
  to: z.string().optional(),
  note: z.string().optional(),
});
const oncallsSchema = z.array(
  z.strictObject({
    schedule: z.string().min(1),
    user: z.string().min(1),
    start: z.iso.datetime({ offset: true }).optional(),
    end: z.iso.datetime({ offset: true }).optional(),
  }),
);

/** Leaves out what is `undefined`. */
const given = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/**
 * How tests and people play with a double in another process: `GET /_sandbox/incidents`, `/events`, `/deliveries`, `/violations`, and
 * `POST /_sandbox/fail`, `/subscribe` (null ends it), `/act`, `/oncalls`, `/reset`.
 */
export function controls(
  double: PagerdutyDouble,
  inner: { reset: () => void; setOncalls: (oncalls: DoubleOncall[]) => void },
): (what: string, body: string) => { status: number; body: unknown } {
  const shown: Record<string, () => unknown> = {
    'GET /_sandbox/incidents': () => double.incidents(),
    'GET /_sandbox/events': () => double.events(),
    'GET /_sandbox/deliveries': () => double.deliveries(),
    'GET /_sandbox/violations': () => double.violations(),
  };
  const done: Record<string, (json: unknown) => void> = {
    'POST /_sandbox/fail': (json) => double.fail(failureSchema.parse(json)),
    'POST /_sandbox/subscribe': (json) => {
      const wanted = subscriptionSchema.parse(json);
      if (wanted === null) return double.subscribe(undefined);
      const { url, secrets, headers } = wanted;
      double.subscribe({ url, secrets, ...given({ headers }) });
    },
    'POST /_sandbox/act': (json) => {
      const { incident, action, user, to, note } = actSchema.parse(json);
      double.act(incident, action, user, given({ to, note }));
    },
    'POST /_sandbox/oncalls': (json) =>
      inner.setOncalls(
        oncallsSchema
          .parse(json)
          .map(({ schedule, user, start, end }) => ({ schedule, user, ...given({ start, end }) })),
      ),
    'POST /_sandbox/reset': () => inner.reset(),
  };
  return (what, body) => {
    const show = shown[what];
    if (show) return { status: 200, body: show() };
    const act = done[what];
    if (!act) return { status: 404, body: { error: `${what} is no control of the double` } };
    try {
      act(body === '' ? undefined : JSON.parse(body));
      return { status: 200, body: { ok: true } };
    } catch (error) {
      return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  };
}
