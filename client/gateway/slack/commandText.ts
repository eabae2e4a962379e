/** What somebody typed after the slash command. Ids are the whole workflow id or the beginning of its last part. */
export type Command =
  | { name: 'incidents' | 'oncall' }
  | { name: 'show'; id: string }
  | { name: 'acknowledge' | 'escalate' | 'resolve'; id: string; reason?: string }
  | { name: 'note'; id: string; text: string }
  | { name: 'snooze'; id: string; ms: number; reason?: string }
  | { name: 'open'; words: string[] }
  | { name: 'help'; problem?: string };

const usage = [
  '`incidents`: what is open',
  '`show ID`, `ack ID`, `escalate ID [why]`, `resolve ID [why]`',
  '`note ID text`, `snooze ID 30m|2h|1d [why]`',
  '`open [SYSTEM] SEVERITY title`',
  '`oncall`: who is on call',
];

/** What can be typed. */
export const helpText = (command: string, problem?: string): string =>
  [...(problem === undefined ? [] : [problem]), `What ${command} knows:`, ...usage].join('\n');

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `2h`, `1d` in ms; `undefined` for anything else. */
export function spanMs(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  return ms === undefined ? undefined : Number(amount) * ms;
}

const maxText = 2_000;
const maxReason = 500;
const rest = (words: string[], max: number): string => words.join(' ').slice(0, max);
const because = (words: string[]): { reason?: string } =>
  words.length === 0 ? {} : { reason: rest(words, maxReason) };

/** Reads a command. Never throws: what cannot be read is `help` with the problem. */
export function parseCommand(text: string): Command {
  const [verb = '', ...words] = text.split(/\s+/).filter((word) => word !== '');
  const [id, ...after] = words;
  const name = verb.toLowerCase();
  switch (name) {
    case '':
    case 'help':
      return { name: 'help' };
    case 'incidents':
    case 'list':
      return { name: 'incidents' };
    case 'oncall':
      return { name: 'oncall' };
    case 'open':
      return words.length < 2
        ? { name: 'help', problem: 'Say which severity and what is wrong.' }
        : { name: 'open', words };
  }
  if (!['show', 'ack', 'acknowledge', 'escalate', 'resolve', 'note', 'snooze'].includes(name))
    return { name: 'help', problem: 'That is no command of mine.' };
  if (id === undefined) return { name: 'help', problem: 'Say which incident.' };
  switch (name) {
    case 'show':
      return { name: 'show', id };
    case 'note':
      return after.length === 0
        ? { name: 'help', problem: 'Say what to note.' }
        : { name: 'note', id, text: rest(after, maxText) };
    case 'snooze': {
      const ms = spanMs(after[0] ?? '');
      return ms === undefined
        ? { name: 'help', problem: 'Say for how long: 30m, 2h or 1d.' }
        : { name: 'snooze', id, ms, ...because(after.slice(1)) };
    }
    default: {
      const action = name === 'ack' ? 'acknowledge' : (name as 'acknowledge' | 'escalate' | 'resolve');
      return { name: action, id, ...because(after) };
    }
  }
}
