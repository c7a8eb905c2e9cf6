/** Bytes a second over the last seconds, and what is left at that pace. */
export interface Pace {
  readonly rate: number | null;
  readonly secondsLeft: number | null;
}

const WINDOW_MS = 5000;
/** Too short a time says nothing. */
const SHORTEST_MS = 500;

/** Follows a count that grows; one that starts anew is followed from there. */
export function createPace(now: () => number = () => performance.now()) {
  let samples: { at: number; bytes: number }[] = [];
  return {
    add(bytes: number): void {
      const at = now();
      if (bytes < (samples.at(-1)?.bytes ?? 0)) samples = [];
      samples.push({ at, bytes });
      // One sample from before the window stays, to measure all of it.
      while (samples.length > 2 && at - samples[1]!.at > WINDOW_MS) samples.shift();
    },
    of(total: number): Pace {
      const [first, last] = [samples[0], samples.at(-1)];
      const span = first === undefined ? 0 : now() - first.at;
      if (first === undefined || last === undefined || span < SHORTEST_MS)
        return { rate: null, secondsLeft: null };
      const rate = ((last.bytes - first.bytes) * 1000) / span;
      return { rate, secondsLeft: rate > 0 ? (total - last.bytes) / rate : null };
    },
  };
}
