import type { EChartsOption } from 'echarts';
import type { Chart } from './types.js';

const WIDTH = 960;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
const BAR = 26;

/** What ECharts is told. `animation` off: a picture stands still, and a running one would keep the process alive. Pure. */
export function optionOf(chart: Chart): EChartsOption {
  const common: EChartsOption = { animation: false, title: { text: chart.title, left: 'center' } };
  if (chart.kind === 'week') {
    const data = chart.values.flatMap((hours, day) => hours.map((value, hour) => [hour, day, value]));
    const max = Math.max(1, ...chart.values.flat());
    return {
      ...common,
      grid: { left: 60, right: 30, top: 50, bottom: 90 },
      xAxis: { type: 'category', data: HOURS, name: 'hour' },
      yAxis: { type: 'category', data: DAYS, inverse: true },
      visualMap: { min: 0, max, orient: 'horizontal', left: 'center', bottom: 10 },
      series: [{ type: 'heatmap', data, label: { show: true } }],
    };
  }
  return {
    ...common,
    legend: { top: 30, data: chart.series.map(({ name }) => name) },
    grid: { left: 220, right: 40, top: 70, bottom: 40 },
    xAxis: { type: 'value', name: chart.unit },
    // Bars from top to bottom in the order of the data.
    yAxis: { type: 'category', data: chart.labels, inverse: true, axisLabel: { width: 200, overflow: 'truncate' } },
    series: chart.series.map(({ name, values }) => ({ type: 'bar', name, data: values })),
  };
}

/** ECharts counts its pictures and styles on through the life of a process; the same picture must be the same text. Pure. */
export function renumbered(svg: string): string {
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-([a-z]+-?)\d+\b/g, (name, kind: string) => {
    const known = names.get(name) ?? `zr0-${kind}${names.size}`;
    names.set(name, known);
    return known;
  });
}

/** The chart as SVG, drawn without a browser. */
export async function drawChart(chart: Chart): Promise<string> {
  const { init } = await import('echarts');
  const height = chart.kind === 'week' ? 380 : 130 + chart.labels.length * chart.series.length * BAR;
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    drawing.setOption(optionOf(chart));
    return renumbered(drawing.renderToSVGString());
  } finally {
    drawing.dispose();
  }
}
