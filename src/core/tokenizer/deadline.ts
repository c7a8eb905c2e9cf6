import { Script } from 'node:vm';

const slot = globalThis as unknown as Record<symbol, (() => unknown) | undefined>;
const WORK = Symbol.for('kintsugi.deadline');
const script = new Script("globalThis[Symbol.for('kintsugi.deadline')]()");

/**
 * Runs synchronous work that somebody else's file steers (a regular expression, a template) and cuts
 * it off when its time is over. Only V8 itself can stop a regular expression that backtracks for
 * ever; it does so for a script with a timeout, and what the script calls is part of it.
 * @throws Error ERR_SCRIPT_EXECUTION_TIMEOUT (`isTimeout`), and what `work` throws
 */
export function withDeadline<T>(milliseconds: number, work: () => T): T {
  slot[WORK] = work;
  try {
    return script.runInThisContext({ timeout: milliseconds }) as T;
  } finally {
    slot[WORK] = undefined;
  }
}

export const isTimeout = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
