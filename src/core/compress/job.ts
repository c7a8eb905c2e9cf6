import type { CompressionOptions } from '../../shared/compression.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import type { Engine } from '../engine/program.ts';
import type { CalibrationIds } from './calibrate.ts';
import type { CompressionProgress } from './progress.ts';

/** A model to compress, how, and where to. */
export interface CompressionJob {
  readonly checkpoint: Checkpoint;
  /** Folder to make; may exist if it is empty. */
  readonly out: string;
  readonly options: CompressionOptions;
  /** Needed by methods that look at inputs; the others only measure their error with it. */
  readonly calibration?: CalibrationIds;
  readonly engine: Engine;
  /** Recorded: the calibration text was drawn with it. */
  readonly seed: number;
  /** Folder of unfinished work, beside `out` by default; on the same disk, and removed at the end. */
  readonly partial?: string;
  /** Removes unfinished work of another job from `partial` instead of refusing to. */
  readonly discardOther?: boolean;
  readonly onProgress?: (progress: CompressionProgress) => void;
  /** Told of unfinished work that was damaged and is made again. */
  readonly onNotice?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Bytes that may be used; what is free by default, Infinity to try regardless. */
  readonly memory?: number;
  /** CPU threads for the solver's matrix products; all cores by default. */
  readonly threads?: number;
}
