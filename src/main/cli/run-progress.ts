import type { RunOptions } from '../compute/runner.ts';
import type { Context } from './context.ts';
import { formatSeconds } from './format.ts';

/** Shows a run's events as progress, and passes Ctrl-C on to it. */
export function reportRun({ signal, progress }: Context): RunOptions {
  return {
    signal,
    onEvent(event) {
      switch (event.kind) {
        case 'stage-started':
          progress.update(event.stage, 0);
          break;
        case 'stage-progress':
          progress.update(event.stage, event.share, event.secondsLeft);
          break;
        case 'stage-done':
          progress.line(`done  ${event.stage} (${formatSeconds(event.seconds)})`);
          break;
        case 'stage-skipped':
          progress.line(`kept  ${event.stage}`);
          break;
        case 'notice':
          progress.line(`note  ${event.stage}: ${event.message}`);
          break;
      }
    },
  };
}
