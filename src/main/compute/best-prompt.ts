import type { SoftPrompt } from '../../core/tune/types.ts';
import { runFitter } from './fit-selectors.ts';
import type { Workspace } from './workspace.ts';

/**
 * The prompt with the least loss on the validation facts: what one would ship without a selector.
 * The held-out inputs have no say in it.
 */
export async function bestPrompt(
  workspace: Workspace,
  seed: number,
  candidates: readonly SoftPrompt[],
  signal: AbortSignal,
): Promise<SoftPrompt> {
  const fitter = await runFitter(workspace, seed, candidates, { signal, notice: () => undefined });
  const chosen = await fitter.fit({ kind: 'fixed' });
  if (chosen.kind !== 'fixed') throw new Error('a fixed selector was asked for');
  return candidates[chosen.prompt]!;
}
