import type { Mark } from './palette.ts';

/** One arm of one run, as it is drawn. */
export interface Series {
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  readonly mark: Mark;
  /** Runs beside the first are paler. */
  readonly opacity: number;
}
