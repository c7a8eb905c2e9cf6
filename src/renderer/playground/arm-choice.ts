import type { GenerationRequest, PlaygroundArms } from '../../shared/contract/playground.ts';
import type { Arm } from '../../shared/results.ts';

export type PaneRequest = GenerationRequest['panes'][number];

/** As the contract bounds them. */
export const MOST_PANES = 4;

/** An arm of one of the runs, as a value of a group of chips. */
export const paneKey = ({ runId, arm }: Pick<PaneRequest, 'runId' | 'arm'>): string =>
  `${runId} ${arm}`;

/** Every arm of the runs, in their order. */
export const allPanes = (
  runs: readonly PlaygroundArms[],
): readonly { readonly run: PlaygroundArms; readonly arm: Arm; readonly key: string }[] =>
  runs.flatMap((run) =>
    run.arms.map((arm) => ({ run, arm, key: paneKey({ runId: run.runId, arm: arm.id }) })),
  );

/** What one wants to see first of one run: the loss and two ways back. */
const FIRST = ['original', 'compressed', 'idp', 'lora'] as const;

/** Of several runs, the bank of each, beside an original where there is room. */
export function firstPanes(runs: readonly PlaygroundArms[]): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  const keyOf = ({ runId }: PlaygroundArms, arm: PaneRequest['arm']) => paneKey({ runId, arm });
  if (runs.length === 1) return FIRST.map((arm) => keyOf(first, arm));
  return [keyOf(first, 'original'), ...runs.map((run) => keyOf(run, 'idp'))].slice(-MOST_PANES);
}
