import { KintsugiError } from '../../shared/errors.ts';
import type { FromCompute, Lane, ToCompute } from '../compute/protocol.ts';
import type { TaskInput, TaskName, TaskOutput } from '../compute/tasks/index.ts';
import { reviveError } from '../report-error.ts';

/** The compute host's process as the main process holds it. */
export interface ComputeProcess {
  send(message: ToCompute): void;
  onMessage(listener: (message: FromCompute) => void): void;
  /** Called once, however the process ended. */
  onExit(listener: (how: string) => void): void;
  /** Ends the process at once. */
  kill(): void;
  readonly pid: number | undefined;
}

export interface AskOptions {
  /** Asks the task to stop at its next step. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: never) => void;
}

export interface Compute {
  /**
   * @throws KintsugiError COMPUTE_CRASHED when the host's process ended before the answer; any error
   *   of the task
   */
  ask<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name>,
    options?: AskOptions,
  ): Promise<TaskOutput<Name>>;
  /** Ends the process and every task in it; the next ask starts another. */
  kill(): void;
  /** Resident bytes of the process, twice a second while it works. */
  onMemory(listener: (bytes: number) => void): void;
  readonly pid: number | undefined;
}

interface Asked {
  readonly lane: Lane;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: never) => void) | undefined;
}

/** Starts the process when it is first needed, and again after it has ended. */
export function createCompute(start: () => ComputeProcess): Compute {
  const memoryListeners = new Set<(bytes: number) => void>();
  const asked = new Map<number, Asked>();
  let running: ComputeProcess | undefined;
  let lastId = 0;

  function receive(message: FromCompute): void {
    if (message.kind === 'memory') {
      for (const listener of memoryListeners) listener(message.bytes);
      return;
    }
    const ask = asked.get(message.id);
    if (message.kind === 'event') {
      ask?.onEvent?.(message.event as never);
      return;
    }
    asked.delete(message.id);
    if (message.kind === 'answer') ask?.resolve(message.value as never);
    else ask?.reject(reviveError(message.error));
  }

  function process(): ComputeProcess {
    if (running !== undefined) return running;
    const started = start();
    running = started;
    started.onMessage(receive);
    started.onExit((how) => {
      if (running === started) running = undefined;
      const lost = [...asked.values()];
      asked.clear();
      for (const { reject, lane } of lost) reject(crashed(how, lane));
    });
    return started;
  }

  return {
    ask(name, input, { signal, onEvent } = {}) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const target = process();
        const lane = laneOf(name);
        asked.set(id, { lane, resolve, reject, onEvent });
        target.send({ kind: 'ask', id, lane, name, input });
        const stop = () => asked.has(id) && target.send({ kind: 'stop', id });
        if (signal?.aborted) stop();
        else signal?.addEventListener('abort', stop, { once: true });
      });
    },
    kill: () => running?.kill(),
    onMemory: (listener) => memoryListeners.add(listener),
    get pid() {
      return running?.pid;
    },
  };
}

const laneOf = (name: TaskName): Lane => (name === 'run.execute' ? 'runs' : 'questions');

const NEXT: Readonly<Record<Lane, string>> = {
  runs: 'Resume the run: it goes on from its last checkpoint. If it happens again, use less memory.',
  questions: 'Try again; if it happens again, copy the diagnostics and report it.',
};

function crashed(how: string, lane: Lane): KintsugiError {
  return new KintsugiError('COMPUTE_CRASHED', `The compute process ended (${how}).`, {
    next: NEXT[lane],
  });
}
