interface Turns {
  /** One step of each in turn; otherwise each to its end before the next begins. */
  readonly together: boolean;
  /** Ends all at their next step. */
  readonly signal: AbortSignal;
}

/** Drives several works that stop after every step; each is closed at the end, whatever happens. */
export async function takeTurns(
  works: readonly AsyncGenerator<void>[],
  { together, signal }: Turns,
): Promise<void> {
  try {
    const groups = together ? [works] : works.map((work) => [work]);
    for (const group of groups) await takeTurnsIn(new Set(group), signal);
  } finally {
    await Promise.all(works.map((work) => work.return(undefined)));
  }
}

async function takeTurnsIn(active: Set<AsyncGenerator<void>>, signal: AbortSignal): Promise<void> {
  while (active.size > 0) {
    for (const work of active) {
      if (signal.aborted) return;
      if ((await work.next()).done) active.delete(work);
    }
  }
}
