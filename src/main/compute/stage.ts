/** One resumable step of a run. */
export interface Stage {
  /** Unique within the run, for example `tune:places@0`. */
  readonly name: string;
  /**
   * Folder, relative to the run's, that the stage makes. Its content is hashed when the stage is done,
   * and a resumed run trusts it only as long as the hash holds.
   */
  readonly artefact?: string;
  /** Files of the artefact that hold times, and so never come out the same twice. */
  readonly unhashed?: readonly string[];
  /** Works from whatever an earlier, cut-off call left behind; throws when the signal is raised. */
  run(context: StageContext): Promise<void>;
}

export interface StageContext {
  /**
   * Absolute path of a folder for what a cut-off stage goes on from. It is not made for the stage, and
   * is removed when the stage is done or its input has changed.
   */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Share done in [0, 1] and, where known, the seconds left. */
  progress(share: number, secondsLeft?: number): void;
  metric(step: number, name: string, value: number): void;
  /** Kept with the stage, to be read beside its name. */
  remark(text: string): void;
  /** The stage makes nothing, on purpose, and says why. */
  leaveOut(why: string): void;
  /** Something a person should know but need not act on. */
  notice(message: string): void;
}

/** What a run reports while it works. */
export type RunEvent =
  | {
      readonly kind: 'stage-started';
      readonly stage: string;
      readonly index: number;
      readonly count: number;
    }
  | {
      readonly kind: 'stage-progress';
      readonly stage: string;
      readonly share: number;
      readonly secondsLeft?: number;
    }
  | { readonly kind: 'stage-done'; readonly stage: string; readonly seconds: number }
  | { readonly kind: 'stage-skipped'; readonly stage: string }
  | { readonly kind: 'notice'; readonly stage: string; readonly message: string };
