import { parser } from '@prometheus-io/lezer-promql';
import type { Part } from './parts.js';
import type { Finding, Path } from './problem.js';
import type { MetricGate } from './schema.js';
import { suggest } from './suggest.js';

/** What may stand in double braces in a query, with an example of what is put there. */
const TEMPLATE_VARIABLES: Record<string, string> = {
  namespace: 'production',
  workload: 'api',
  newPods: 'api-5d4f8c7b9-abcde|api-5d4f8c7b9-fghij',
  window: '60s',
};

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** Unknown template variables, broken PromQL, and PromQL that cannot give one number. */
export function queryProblems({ path, fields, parsed }: Part<MetricGate>): Finding[] {
  const traffic = fields['traffic'];
  const inTraffic = parsed?.traffic?.query ?? (traffic as { query?: unknown } | null | undefined)?.query;
  return [...problemsOf(fields['query'], [...path, 'query']), ...problemsOf(inTraffic, [...path, 'traffic', 'query'])];
}

function problemsOf(query: unknown, path: Path): Finding[] {
  if (typeof query !== 'string' || query.trim() === '') return [];
  const unknown: Finding[] = [];
  const filled = query.replaceAll(/\{\{(.*?)\}\}/g, (_, inner: string) => {
    const name = inner.trim();
    const example = TEMPLATE_VARIABLES[name];
    if (example !== undefined && inner === name) return example;
    const known = Object.keys(TEMPLATE_VARIABLES);
    const advice = name in TEMPLATE_VARIABLES ? `write it without spaces: {{${name}}}` : suggest(name, known, 'known');
    unknown.push({ path, message: `{{${inner.slice(0, 40)}}} is not a variable of queries; ${advice}` });
    return '60s';
  });
  return unknown.length > 0 ? unknown : syntaxProblems(filled).map((message) => ({ path, message }));
}

function syntaxProblems(query: string): string[] {
  const top = parser.parse(query).topNode;
  const problems: string[] = [];
  const visit = (node: SyntaxNode, aggregated: boolean): void => {
    if (node.type.isError && problems.length === 0) {
      const near = query.slice(Math.max(0, node.from - 15), node.from + 15).trim();
      problems.push(`is not valid PromQL near \`${near}\` (variables filled in); try it in Prometheus first`);
    }
    const inside = aggregated || node.name === 'AggregateExpr';
    if (!inside && node.name === 'FunctionCall' && isRate(node)) {
      problems.push(
        'takes a rate of several series without bringing them together; write sum(rate(…)), a gate needs one number',
      );
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) visit(child, inside);
  };
  visit(top, false);
  if (problems.length === 0 && isFilter(top.firstChild)) {
    problems.push('ends in a comparison, which drops the value when it is false; leave the bound to `max` and `min`');
  }
  return [...new Set(problems)];
}

function isRate(call: SyntaxNode): boolean {
  return ['Rate', 'Irate', 'Increase'].includes(call.firstChild?.firstChild?.name ?? '');
}

function isFilter(node: SyntaxNode | null): boolean {
  if (node?.name !== 'BinaryExpr' || node.getChild('BoolModifier') !== null) return false;
  return ['Eql', 'Neq', 'EqlC', 'Gtr', 'Gte', 'Lss', 'Lte'].some((name) => node.getChild(name) !== null);
}
