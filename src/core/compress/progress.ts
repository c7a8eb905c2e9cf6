import type { CompressionPlan } from './plan.ts';
import type { LayerReport } from './report.ts';
import { workOf } from './work.ts';

export interface CompressionProgress {
  /** Linears done, of `total`. */
  readonly done: number;
  readonly total: number;
  /** The linear just done. */
  readonly layer: LayerReport;
  /** Share of all work that is done, in [0, 1]: linears differ much in what they cost. */
  readonly share: number;
  readonly secondsLeft: number;
  /** The block that the linear is of, from 1, of `blocks`. */
  readonly block: number;
  readonly blocks: number;
  readonly blockSecondsLeft: number;
}

/** Tells what is done and, at the pace of this sitting, what is left. */
export function createProgress(
  plan: CompressionPlan,
  tell: ((progress: CompressionProgress) => void) | undefined,
) {
  const work = workOf(plan);
  const sum = (modules: Iterable<string>) =>
    [...modules].reduce((total, module) => total + work.get(module)!, 0);
  const all = sum(work.keys());
  const started = performance.now();
  let done = 0;
  let share = 0;
  let worked = 0;
  return {
    /** Linears that an earlier sitting did. */
    skip(layers: readonly LayerReport[]) {
      done += layers.length;
      share += sum(layers.map(({ module }) => module)) / all;
    },
    /** For the linears of a block, as each is done. */
    block(layer: number) {
      const modules = new Set(plan.blocks[layer]!.linears.map(({ module }) => module));
      return (report: LayerReport) => {
        done++;
        modules.delete(report.module);
        const operations = work.get(report.module)!;
        share += operations / all;
        worked += operations;
        const pace = (performance.now() - started) / 1000 / worked;
        tell?.({
          done,
          total: work.size,
          layer: report,
          share: Math.min(share, 1),
          secondsLeft: Math.max(0, pace * all * (1 - share)),
          block: layer + 1,
          blocks: plan.blocks.length,
          blockSecondsLeft: pace * sum(modules),
        });
      };
    },
  };
}
