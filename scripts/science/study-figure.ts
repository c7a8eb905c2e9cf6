import { recoveries } from '../../src/main/report/charts.ts';
import { STYLE } from '../../src/main/report/style.ts';
import type { RunResults } from '../../src/shared/results.ts';

/** The report's drawing of what came back, as a file of its own; null where nothing was lost. */
export function recoveryFigure(results: RunResults): string | null {
  const drawn = recoveries(results)?.text;
  const [svg] = /<svg viewBox[\s\S]*?<\/svg>/.exec(drawn ?? '') ?? [];
  if (svg === undefined) return null;
  const root =
    '<svg xmlns="http://www.w3.org/2000/svg" style="background: var(--ground); font-family: system-ui, sans-serif" ';
  return `${svg.replace('<svg ', root).replace('>', `><style>${STYLE.text}</style>`)}\n`;
}
