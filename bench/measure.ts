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

/** A field of /proc/<process>/status in MB, or undefined outside Linux and once the process is gone. */
function statusMegabytes(process: number | 'self', field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8');
    const kilobytes = new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

/** Anonymous (not file-backed) memory of a process. */
export const anonymousMegabytes = (process: number | 'self') => statusMegabytes(process, 'RssAnon');

/** Most memory that a process has had so far. */
export const peakMegabytes = (process: number) => statusMegabytes(process, 'VmHWM');
