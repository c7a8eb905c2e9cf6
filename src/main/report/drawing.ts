import type { Value } from '../../shared/chart/interval.ts';
import { type MarkShape, markPath } from '../../shared/chart/mark.ts';
import { linearScale, type Scale } from '../../shared/chart/scale.ts';
import { html, type Markup } from './html.ts';

/** Charts as SVG text, in the colours that the report's style sheet names. */

export interface Series {
  readonly name: string;
  /** As CSS writes it, of the style sheet's: `var(--arm-idp)`. */
  readonly colour: string;
  readonly mark: MarkShape;
}

type Format = (value: number) => string;

const WIDTH = 720;

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Horizontal bars from 0 with their intervals, a group under each name. */
export function barChart(
  title: string,
  series: readonly Series[],
  groups: readonly { readonly name: string; readonly bars: readonly (Value | null)[] }[],
  { format, label }: { readonly format: Format; readonly label: string },
): Markup {
  const bar = 13;
  const step = series.length * bar + 14;
  const frame = { left: 150, right: WIDTH - 66, top: 6, bottom: 6 + groups.length * step };
  const values = groups.flatMap(({ bars }) =>
    bars.flatMap((one) =>
      one === null ? [] : [one.value, one.low, one.high].flatMap((v) => v ?? []),
    ),
  );
  const x = linearScale([0, ...values], { from: frame.left, to: frame.right });
  const drawn = groups.map(({ name, bars }, g) => {
    const top = frame.top + g * step;
    const middle = top + (series.length * bar) / 2 + 4;
    return html`<text class="ink" x="${frame.left - 10}" y="${middle}" text-anchor="end">${name}</text>
${bars.map((one, s) => (one === null ? null : drawBar(one, series[s]!, top + s * bar, x, format)))}`;
  });
  return figure(title, frame.bottom + 40, series, [bottomAxis(x, frame, format, label), ...drawn]);
}

function drawBar(
  { value, low, high }: Value,
  { colour }: Series,
  y: number,
  x: Scale,
  format: Format,
): Markup {
  const [from, to] = [x(Math.min(0, value)), x(Math.max(0, value))];
  const end = high === null ? to : Math.max(to, x(high));
  const whisker =
    low === null || high === null
      ? null
      : html`<path class="whisker" d="M${x(low)},${y + 5.5}H${x(high)}M${x(low)},${y + 2.5}v6M${x(high)},${y + 2.5}v6"/>`;
  return html`<rect x="${from}" y="${y}" width="${Math.max(0, to - from)}" height="11" rx="2" fill="${colour}"/>
${whisker}<text class="faint" x="${end + 6}" y="${y + 9.5}">${format(value)}</text>`;
}

/** One quantity against another: up is better, left is cheaper. */
export function scatterChart(
  title: string,
  points: readonly { readonly series: Series; readonly x: number; readonly y: Value }[],
  axes: {
    readonly x: Format;
    readonly y: Format;
    readonly xLabel: string;
    readonly yLabel: string;
  },
): Markup {
  const frame = { left: 56, right: WIDTH - 20, top: 30, bottom: 260 };
  const x = linearScale([0, ...points.map((point) => point.x)], {
    from: frame.left,
    to: frame.right,
  });
  const y = linearScale(
    points.flatMap(({ y: { value, low, high } }) => [value, low ?? value, high ?? value]),
    { from: frame.bottom, to: frame.top },
  );
  const whiskers = points.map(({ x: at, y: { low, high } }) =>
    low === null || high === null
      ? null
      : html`<path class="whisker" d="M${x(at)},${y(low)}V${y(high)}M${x(at) - 3},${y(low)}h6M${x(at) - 3},${y(high)}h6"/>`,
  );
  const dots = points.map(
    ({ series: { colour, mark }, x: at, y: { value } }) =>
      html`<path d="${markPath(mark, x(at), y(value))}" fill="${colour}"/>`,
  );
  return figure(
    title,
    frame.bottom + 46,
    points.map(({ series }) => series),
    [
      leftAxis(y, frame, axes.y, axes.yLabel),
      bottomAxis(x, { ...frame, top: frame.bottom }, axes.x, axes.xLabel),
      ...whiskers,
      ...dots,
    ],
  );
}

const LINE_COLOURS = ['idp', 'prompt', 'lora', 'original', 'compressed', 'bank'] as const;
const DASHES = ['none', '6 3', '2 3'] as const;

/** Values over steps, one line a series. */
export function lineChart(
  title: string,
  lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[],
  axes: { readonly x: Format; readonly y: Format; readonly xLabel: string },
): Markup {
  const frame = { left: 56, right: WIDTH - 20, top: 14, bottom: 200 };
  const all = lines.flatMap(({ points }) => points);
  const x = linearScale(
    all.map(([step]) => step),
    { from: frame.left, to: frame.right },
    6,
  );
  const y = linearScale(
    all.map(([, value]) => value),
    { from: frame.bottom, to: frame.top },
    4,
  );
  const style = (i: number) => ({
    colour: `arm-${LINE_COLOURS[i % LINE_COLOURS.length]!}`,
    dash: DASHES[Math.floor(i / LINE_COLOURS.length) % DASHES.length]!,
  });
  const drawn = lines.map(({ points }, i) => {
    const { colour, dash } = style(i);
    const path = points.map(([step, value]) => `${tenth(x(step))},${tenth(y(value))}`).join(' ');
    return html`<polyline class="line" points="${path}" stroke="var(--${colour})" stroke-dasharray="${dash}"/>`;
  });
  const key = lines.map(({ name }, i) => {
    const { colour, dash } = style(i);
    return html`<li><svg viewBox="0 0 18 12" aria-hidden="true"><line x1="0" x2="18" y1="6" y2="6" stroke-width="2" stroke="var(--${colour})" stroke-dasharray="${dash}"/></svg>${name}</li>`;
  });
  const content = [
    leftAxis(y, frame, axes.y),
    bottomAxis(x, { ...frame, top: frame.bottom }, axes.x, axes.xLabel),
    ...drawn,
  ];
  return framed(title, frame.bottom + 40, content, key);
}

const tenth = (value: number): number => Math.round(10 * value) / 10;

function bottomAxis(scale: Scale, { top, bottom }: Frame, format: Format, label: string): Markup {
  const ticks = scale.ticks.map(
    (tick) =>
      html`<line class="grid" x1="${scale(tick)}" x2="${scale(tick)}" y1="${top}" y2="${bottom}"/>
<text class="faint" x="${scale(tick)}" y="${bottom + 16}" text-anchor="middle">${format(tick)}</text>`,
  );
  return html`${ticks}<text class="faint" x="${scale(scale.ticks.at(-1)!)}" y="${bottom + 33}" text-anchor="end">${label}</text>`;
}

function leftAxis(scale: Scale, { left, right }: Frame, format: Format, label?: string): Markup {
  const ticks = scale.ticks.map(
    (tick) =>
      html`<line class="grid" x1="${left}" x2="${right}" y1="${scale(tick)}" y2="${scale(tick)}"/>
<text class="faint" x="${left - 8}" y="${scale(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
  );
  const named =
    label === undefined
      ? null
      : html`<text class="faint" x="0" y="${scale(scale.ticks.at(-1)!) - 12}">${label}</text>`;
  return html`${ticks}${named}`;
}

function figure(
  title: string,
  height: number,
  series: readonly Series[],
  content: readonly (Markup | null)[],
): Markup {
  const key = series.map(
    ({ name, colour, mark }) =>
      html`<li><svg viewBox="0 0 18 14" aria-hidden="true"><path d="${markPath(mark, 9, 7)}" fill="${colour}"/></svg>${name}</li>`,
  );
  return framed(title, height, content, key);
}

const framed = (
  title: string,
  height: number,
  content: readonly (Markup | null)[],
  key: readonly Markup[],
): Markup =>
  html`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${content}</svg><ul class="key">${key}</ul></figure>`;
