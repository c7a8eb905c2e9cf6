import type { Markup } from '../../src/main/report/html.ts';
import { STYLE } from '../../src/main/report/style.ts';

/** The report's drawing as a file of its own; null where there was nothing to draw. */
export function svgFile(drawn: Markup | null): string | null {
  const [svg] = /<svg viewBox="0 0 720[\s\S]*?<\/svg>/.exec(drawn?.text ?? '') ?? [];
  if (svg === undefined) return null;
  const root =
    '<svg xmlns="http://www.w3.org/2000/svg" style="background: var(--ground); font-family: system-ui, sans-serif" ';
  return `${svg.replace('<svg ', root).replace('>', `><style>${STYLE.text}</style>`)}\n`;
}
