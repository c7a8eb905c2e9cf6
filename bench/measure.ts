import { readFileSync } from 'node:fs';

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Milliseconds of `count` runs after one warm-up. */
export async function times(run: () => Promise<unknown>, count: number): Promise<number[]> {
  await run();
  const measured: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    measured.push(performance.now() - start);
  }
  return measured;
}

/** Anonymous (not file-backed) memory of this process in MB, or undefined outside Linux. */
export function anonymousMegabytes(): number | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
  } catch {
    return undefined;
  }
}
