import type { PagerStatus } from './messages.js';
import type { PagerState, PendingPage } from './state.js';

/** Lines in the UI; Temporal shows at most 20 KB. */
const LINES = 40;

function nextContactAt({ page, contacts, ways }: PendingPage): number | undefined {
  const next = ways.findIndex((way) => way === 'waiting');
  const contact = contacts[next];
  return contact && page.at + contact.afterSeconds * 1_000;
}

const tried = ({ contacts, ways }: PendingPage): string[] =>
  contacts.flatMap(({ channel }, n) => (ways[n] === 'waiting' ? [] : `${channel}: ${ways[n] ?? ''}`));

/** Answer of the query. Pure. */
export function statusOf(person: string, state: PagerState): PagerStatus {
  const pending = state.pending.map((one) => {
    const at = nextContactAt(one);
    const { key, incident, title } = one.page;
    return { key, incident, title, contactsTried: tried(one), ...(at === undefined ? {} : { nextContactAt: at }) };
  });
  return { person, pending, sent: state.sent, bundled: state.bundled };
}

/** What the UI shows (markdown). Pure. */
export function details(person: string, state: PagerState): string {
  const { pending, sent, bundled } = statusOf(person, state);
  const lines = pending.slice(0, LINES).map(({ title, incident, contactsTried, nextContactAt: at }) => {
    const next = at === undefined ? '' : `; next way at ${new Date(at).toISOString()}`;
    return `- **${title.slice(0, 120)}** (\`${incident}\`): ${contactsTried.join(', ') || 'nothing sent yet'}${next}`;
  });
  const more = pending.length > LINES ? [`- and ${pending.length - LINES} more`] : [];
  const head = `Pages of **${state.person?.name ?? person}**: ${pending.length} pending, ${sent} messages sent, ${bundled} pages bundled`;
  return [head, '', ...lines, ...more].join('\n');
}
