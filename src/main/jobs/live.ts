import type { RunEvent as StageEvent } from '../compute/stage.ts';

/** What is known of a running run between its writes to the database. */
export interface Live {
  readonly stage: string | null;
  /** In [0, 1]. */
  readonly share: number;
  readonly secondsLeft: number | null;
  readonly stopping: boolean;
}

export const NOT_RUNNING: Live = { stage: null, share: 0, secondsLeft: null, stopping: false };

/** Folds a stage's event into what is known. */
export function follow(live: Live, event: StageEvent): Live {
  switch (event.kind) {
    case 'stage-started':
      return { ...live, stage: event.stage, share: 0, secondsLeft: null };
    case 'stage-progress':
      return {
        ...live,
        stage: event.stage,
        share: event.share,
        secondsLeft: event.secondsLeft ?? null,
      };
    case 'stage-done':
    case 'stage-skipped':
      return { ...live, stage: null, share: 0, secondsLeft: null };
    case 'notice':
      return live;
  }
}
