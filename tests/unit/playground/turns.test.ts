import { expect, test } from 'vitest';
import { takeTurns } from '../../../src/main/compute/tasks/turns.ts';

const never = new AbortController().signal;

function work(name: string, steps: number, log: string[]) {
  return (async function* () {
    try {
      for (let i = 0; i < steps; i++) {
        log.push(`${name}${i}`);
        yield;
      }
    } finally {
      log.push(`${name} closed`);
    }
  })();
}

test('together, every work takes a step in its turn', async () => {
  const log: string[] = [];
  await takeTurns([work('a', 2, log), work('b', 1, log)], { together: true, signal: never });
  expect(log).toEqual(['a0', 'b0', 'a1', 'b closed', 'a closed']);
});

test('one after another, a work is closed before the next begins', async () => {
  const log: string[] = [];
  await takeTurns([work('a', 2, log), work('b', 1, log)], { together: false, signal: never });
  expect(log).toEqual(['a0', 'a1', 'a closed', 'b0', 'b closed']);
});

test('stopping or failing closes all that were opened', async () => {
  const log: string[] = [];
  const stop = new AbortController();
  const failing = (async function* () {
    yield;
    throw new Error('no');
  })();
  const both = [work('a', 9, log), failing];
  await expect(takeTurns(both, { together: true, signal: never })).rejects.toThrow('no');
  expect(log).toEqual(['a0', 'a1', 'a closed']);
  const stopped = work('b', 9, log);
  stop.abort();
  await takeTurns([stopped], { together: true, signal: stop.signal });
  expect(log).toHaveLength(3);
});
