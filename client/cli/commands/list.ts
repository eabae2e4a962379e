import { catalogue } from '../../../workflows/catalogue.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';

/** `belay list`: the runbooks. */
export function list(io: Io): void {
  const runbooks = Object.values(catalogue);
  const data = runbooks.map(({ id, title, purpose, risk, expectedDuration }) => ({
    id,
    title,
    purpose,
    risk,
    expectedDuration,
  }));
  print(io, data, () =>
    [
      table([
        ['RUNBOOK', 'RISK', 'TAKES', 'TITLE'],
        ...runbooks.map((r) => [r.id, r.risk, r.expectedDuration, r.title]),
      ]),
      '',
      'belay describe <runbook> says what it needs and what it does.',
    ].join('\n'),
  );
}
