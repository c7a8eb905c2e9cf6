/** Events that are pushed, as a stream that is pulled; leaving the stream tells the source. */
export async function* pushed<Event>(
  signal: AbortSignal,
  /** Ends the stream when it settles. */
  source: (push: (event: Event) => void, signal: AbortSignal) => Promise<unknown>,
): AsyncGenerator<Event> {
  const left = new AbortController();
  const queue: Event[] = [];
  let wake = () => {};
  let ended = false;
  const push = (event: Event) => {
    queue.push(event);
    wake();
  };
  const finished = source(push, AbortSignal.any([signal, left.signal])).finally(() => {
    ended = true;
    wake();
  });
  // Its failure is thrown at the end, where the stream is read; not before, as an unhandled one.
  finished.catch(() => {});
  try {
    while (!signal.aborted) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (ended) break;
      else await changed(signal, (resolve) => (wake = resolve));
    }
    if (!signal.aborted) await finished;
  } finally {
    left.abort();
  }
}

function changed(signal: AbortSignal, onWake: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    onWake(done);
  });
}
