import { z } from 'zod';
import { bounded } from '../secrets/redact.js';
import type { Measurement } from '../types.js';

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample.optional() })),
      }),
      z.object({ resultType: z.literal('matrix') }),
      z.object({ resultType: z.literal('string') }),
    ]),
  }),
]);

function ofNumber(text: string): Measurement {
  // Sample values are strings because JSON has no NaN and no infinity.
  if (text === 'NaN')
    return { kind: 'noVerdict', why: 'NaN', detail: 'The query gives NaN, as 0/0 does without traffic.' };
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return { kind: 'value', value };
  return { kind: 'noVerdict', why: 'notANumber', detail: `The query gives ${bounded(text, 40)}, not a finite number.` };
}

const labels = (metric: Record<string, string>): string =>
  `{${Object.entries(metric)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;

/** What an answer of the query API says. Pure. */
export function parseAnswer(status: number, body: string): Measurement {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: 'error', detail: `Expected the Prometheus API, got HTTP ${status}: "${bounded(body, 160)}"` };
  }
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) {
    return {
      kind: 'error',
      detail: `Not an answer of the Prometheus query API (HTTP ${status}): ${bounded(body, 160)}`,
    };
  }
  const answer = parsed.data;
  if (answer.status === 'error') {
    return { kind: 'error', detail: `Prometheus refused the query (${answer.errorType}): ${bounded(answer.error)}` };
  }
  if (status !== 200) return { kind: 'error', detail: `Prometheus answered HTTP ${status}.` };
  const { data } = answer;
  if (data.resultType === 'scalar') return ofNumber(data.result[1]);
  if (data.resultType !== 'vector') {
    const detail = `The query gives a ${data.resultType}; one number is needed.`;
    return { kind: 'noVerdict', why: 'notANumber', detail };
  }
  const [first, ...others] = data.result;
  if (!first) return { kind: 'noVerdict', why: 'empty', detail: 'The query selects no series.' };
  if (others.length > 0) {
    const examples = data.result.slice(0, 3).map((series) => labels(series.metric));
    const detail = bounded(
      `The query gives ${data.result.length} series, aggregate them to one: ${examples.join(' ')}`,
    );
    return { kind: 'noVerdict', why: 'severalSeries', detail };
  }
  if (!first.value)
    return { kind: 'noVerdict', why: 'notANumber', detail: 'The query gives a native histogram, not a number.' };
  return ofNumber(first.value[1]);
}
