export const PHASES = ['run', 'gram', 'factor', 'solve', 'write', 'rest'] as const;
/** Running blocks, XᵀX, factoring H, solving linears, writing what is finished, everything else. */
export type Phase = (typeof PHASES)[number];

export interface PhaseTime {
  readonly seconds: number;
  /** Of all threads: what other programs cost shows in `seconds` only. */
  readonly cpuSeconds: number;
}

/** Where the time goes. A phase within a phase does not count towards the outer one. */
export interface Stopwatch {
  time<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
  read(): Record<Phase, PhaseTime>;
}

export function createStopwatch(): Stopwatch {
  const total = Object.fromEntries(PHASES.map((phase) => [phase, [0, 0]])) as Record<
    Phase,
    [number, number]
  >;
  let phase: Phase = 'rest';
  let [wall, cpu] = now();
  const turnTo = (next: Phase) => {
    const [wallNow, cpuNow] = now();
    total[phase][0] += wallNow - wall;
    total[phase][1] += cpuNow - cpu;
    [phase, wall, cpu] = [next, wallNow, cpuNow];
  };
  return {
    async time(inner, work) {
      const outer = phase;
      turnTo(inner);
      try {
        return await work();
      } finally {
        turnTo(outer);
      }
    },
    read() {
      turnTo(phase);
      const read = PHASES.map((name) => {
        const [seconds, cpuSeconds] = total[name];
        return [name, { seconds, cpuSeconds }];
      });
      return Object.fromEntries(read) as Record<Phase, PhaseTime>;
    },
  };
}

/** Seconds of the clock, and of this process's threads. */
function now(): [number, number] {
  const { user, system } = process.cpuUsage();
  return [performance.now() / 1000, (user + system) / 1e6];
}
