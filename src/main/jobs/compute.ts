import { KintsugiError } from '../../shared/errors.ts';
import type { FromCompute, ToCompute } from '../compute/protocol.ts';
import type { TaskInput, TaskName, TaskOutput } from '../compute/tasks/index.ts';
import { reviveError } from '../report-error.ts';

/** A compute host's process as the main process holds it. */
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
  /** Asks the task to end with what it has by now. */
  readonly finish?: AbortSignal;
  readonly onEvent?: (event: never) => void;
}

/** Runs and quick questions have a process each: a crash in one leaves the other alone. */
export type Lane = 'runs' | 'questions';

export interface Compute {
  /**
   * @throws KintsugiError COMPUTE_CRASHED when the lane's process ended before the answer; any error
   *   of the task
   */
  ask<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name>,
    options?: AskOptions,
  ): Promise<TaskOutput<Name>>;
  /** Ends the lane's process, or both, and every task in it; the next ask starts another. */
  kill(lane?: Lane): void;
  /** Resident bytes of the process that works on runs, twice a second while it does. */
  onRunMemory(listener: (bytes: number) => void): void;
  pid(lane: Lane): number | undefined;
}

/** Starts each lane's process when it is first needed, and again after it has ended. */
export function createCompute(start: () => ComputeProcess): Compute {
  const memoryListeners = new Set<(bytes: number) => void>();
  const lanes: Readonly<Record<Lane, LaneProcess>> = {
    runs: createLane(start, NEXT.runs, (bytes) => {
      for (const listener of memoryListeners) listener(bytes);
    }),
    questions: createLane(start, NEXT.questions, () => undefined),
  };
  return {
    ask: (name, input, options = {}) => lanes[laneOf(name)].ask(name, input, options) as never,
    kill(lane) {
      if (lane !== 'questions') lanes.runs.kill();
      if (lane !== 'runs') lanes.questions.kill();
    },
    onRunMemory: (listener) => memoryListeners.add(listener),
    pid: (lane) => lanes[lane].pid(),
  };
}

const laneOf = (name: TaskName): Lane => (name === 'run.execute' ? 'runs' : 'questions');

const NEXT: Readonly<Record<Lane, string>> = {
  runs: 'Resume the run: it goes on from its last checkpoint. If it happens again, use less memory.',
  questions: 'Try again; if it happens again, copy the diagnostics and report it.',
};

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: never) => void) | undefined;
}

interface LaneProcess {
  ask(name: TaskName, input: unknown, options: AskOptions): Promise<unknown>;
  kill(): void;
  pid(): number | undefined;
}

/** One process at a time, and what it has been asked. */
function createLane(
  start: () => ComputeProcess,
  /** What to do after a crash. */
  next: string,
  onMemory: (bytes: number) => void,
): LaneProcess {
  const asked = new Map<number, Asked>();
  let running: ComputeProcess | undefined;
  let lastId = 0;

  function receive(message: FromCompute): void {
    if (message.kind === 'memory') {
      onMemory(message.bytes);
      return;
    }
    const ask = asked.get(message.id);
    if (message.kind === 'event') {
      ask?.onEvent?.(message.event as never);
      return;
    }
    asked.delete(message.id);
    if (message.kind === 'answer') ask?.resolve(message.value);
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
      for (const { reject } of lost) reject(crashed(how, next));
    });
    return started;
  }

  return {
    ask(name, input, { signal, finish, onEvent }) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const target = process();
        asked.set(id, { resolve, reject, onEvent });
        target.send({ kind: 'ask', id, name, input });
        const pass = (kind: 'stop' | 'finish', raised: AbortSignal | undefined) => {
          const send = () => asked.has(id) && target.send({ kind, id });
          if (raised?.aborted) send();
          else raised?.addEventListener('abort', send, { once: true });
        };
        pass('stop', signal);
        pass('finish', finish);
      });
    },
    kill: () => running?.kill(),
    pid: () => running?.pid,
  };
}

const crashed = (how: string, next: string): KintsugiError =>
  new KintsugiError('COMPUTE_CRASHED', `The compute process ended (${how}).`, { next });
