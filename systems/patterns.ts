import isSafe from 'safe-regex2';

/** Of one alternative: with more, an unlucky text of a thousand characters could take minutes. */
const MOST_REPETITIONS = 3;
const LONGEST = 300;

/**
 * What is wrong with a regular expression that is held against labels or names of alerts, or undefined. Alerts come from outside, so
 * only such are taken as cannot be made slow by what they are held against, and as Prometheus and Alertmanager (RE2) know too. Pure.
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > LONGEST) return `has ${pattern.length} characters; must be at most ${LONGEST}`;
  try {
    RegExp(`^(?:${pattern})$`);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*\/: /, '') : String(error);
    return `is not a regular expression (${why})`;
  }
  if (/\(\?(?!:)|\\[1-9]|\\k</.test(pattern))
    return 'looks around or refers back, which Prometheus and Alertmanager do not know; write it without';
  if (!isSafe(pattern, { limit: Number.POSITIVE_INFINITY }))
    return 'repeats a repetition, e.g. (a+)+, which can take forever; write it without one inside the other';
  if (alternatives(pattern).some((one) => !isSafe(one, { limit: MOST_REPETITIONS })))
    return `has more than ${MOST_REPETITIONS} of * + ? {…} in one alternative, which can take minutes; part it, e.g. a.*|b.*`;
  return undefined;
}

/** `a|b(c|d)` → `a`, `b(c|d)`. */
function alternatives(pattern: string): string[] {
  const found = [''];
  let depth = 0;
  for (const [token] of pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|./gs)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === '|' && depth === 0) found.push('');
    else found[found.length - 1] += token;
  }
  return found;
}
