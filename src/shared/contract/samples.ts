/** A held-out question that a run is asked now and then while it tunes. */
export interface SampleQuestion {
  readonly task: string;
  readonly context: string;
  readonly expected: string;
}

/** How all the questions were answered at one moment. */
export interface SampleAnswers {
  /** For example `tune:lora@0`. */
  readonly stage: string;
  /** "original" and "compressed" before tuning; then the prompt in training, "" for an adapter. */
  readonly series: string;
  /** Steps done. */
  readonly step: number;
  /** One per question. */
  readonly answers: readonly { readonly text: string; readonly correct: boolean }[];
}

export interface RunSamples {
  readonly questions: readonly SampleQuestion[];
  /** In the order in which they were given. */
  readonly answers: readonly SampleAnswers[];
}
