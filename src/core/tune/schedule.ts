/** Learning rates as pure functions of the step, so that a resumed run needs no schedule state. */
export interface ScheduleOptions {
  readonly kind: 'linear' | 'cosine';
  /** The rate at the end of the warm-up. */
  readonly peak: number;
  /** Steps of linear rise; the first step (index 0) already moves, at peak / warmup. */
  readonly warmup: number;
  /** Steps in all. */
  readonly steps: number;
  /** The rate that the decay would reach at index `steps`. */
  readonly floor?: number;
}

/** Step index (from 0) → learning rate. */
export type Schedule = (step: number) => number;

/** Linear warm-up, then linear or cosine decay towards `floor`. Steps past the end stay at `floor`. */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { kind, peak, warmup, steps, floor = 0 } = options;
  const shape =
    kind === 'linear' ? (t: number) => 1 - t : (t: number) => (1 + Math.cos(Math.PI * t)) / 2;
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup;
    const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    return floor + (peak - floor) * shape(done);
  };
}
