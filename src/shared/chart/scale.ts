/** A value's place along an axis, in pixels. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Round steps of 1, 2 or 5 times a power of ten, about `count` of them. */
function niceStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((d) => d * power >= rough * (1 - 1e-9))!;
  return digit * power;
}

/**
 * Linear, with an axis that begins and ends at round values around the given ones; a single value
 * gets room on both sides.
 */
export function linearScale(values: readonly number[], pixels: Range, count = 5): Scale {
  const finite = values.filter(Number.isFinite);
  let low = finite.length === 0 ? 0 : Math.min(...finite);
  let high = finite.length === 0 ? 1 : Math.max(...finite);
  if (low === high) {
    const room = Math.abs(low) / 2 || 1;
    [low, high] = [low - room, high + room];
  }
  const step = niceStep(high - low, count);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  // Multiples, not sums: sums of 0.1 drift.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
  const [start, end] = [ticks[0]!, ticks.at(-1)!];
  const place = (value: number) =>
    pixels.from + ((value - start) / (end - start)) * (pixels.to - pixels.from);
  return Object.assign(place, { ticks });
}

const tidy = (value: number): number => Number(value.toPrecision(12));
