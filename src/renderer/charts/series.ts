import type { MarkShape } from '../../shared/chart/mark.ts';

/** One arm of one run, as it is drawn. */
export interface Series {
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  readonly mark: MarkShape;
  /** Runs beside the first are paler. */
  readonly opacity: number;
}
