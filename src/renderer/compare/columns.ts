import type { ComparedRun, InputArm } from '../../shared/contract/compare.ts';

/** A column's heading: the arm, with its run and its seed where there are several. */
export function columnName(
  column: InputArm,
  columns: readonly InputArm[],
  runs: readonly Pick<ComparedRun, 'id' | 'name'>[],
): string {
  const { runId, seed, arm } = column;
  const twins = columns.filter((other) => other.runId === runId && other.arm.id === arm.id);
  const run = runs.length > 1 ? `${runs.find(({ id }) => id === runId)?.name ?? runId}: ` : '';
  return `${run}${arm.label}${twins.length > 1 ? `, seed ${seed}` : ''}`;
}
