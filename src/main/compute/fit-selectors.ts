import {
  countedLayer,
  createSelectorFitter,
  type SelectorFitter,
} from '../../core/evaluate/fit-selector.ts';
import { idpRouting } from '../../core/select/idp.ts';
import type { JointOptions } from '../../core/tune/joint.ts';
import type { Subject, TuneData } from '../../core/tune/tune.ts';
import type { SoftPrompt } from '../../core/tune/types.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { StageContext } from './stage.ts';
import { tuneOptions, tuningSubject } from './tuning-subject.ts';
import type { Workspace } from './workspace.ts';

/** Fits selectors to a bank of the run, on its tuning data. */
export async function runFitter(
  workspace: Workspace,
  seed: number,
  prompts: readonly SoftPrompt[],
  { signal, notice }: Pick<StageContext, 'signal' | 'notice'>,
  on?: { readonly subject: Subject; readonly data: TuneData },
): Promise<SelectorFitter> {
  const { subject, data } = on ?? (await tuningSubject(workspace, seed));
  const options = tuneOptions(workspace.recipe.tuning, seed);
  return createSelectorFitter(subject, prompts, data, options, { signal, onNotice: notice });
}

/** How much the recipe's prompts also learn to be attended to, where they are tuned in one pass. */
export function routingOf(
  { selector, tuning }: Recipe,
  { model: { config } }: Subject,
): Pick<JointOptions, 'routing'> {
  const { routing: weight } = tuning.bank;
  if (weight === 0 || !('layer' in selector)) return {};
  return { routing: idpRouting(weight, countedLayer(selector.layer, config.layers)) };
}
