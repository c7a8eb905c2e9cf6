import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Arm as RunningArm } from '../../core/evaluate/arm.ts';
import { countedLayer } from '../../core/evaluate/fit-selector.ts';
import { stackBank } from '../../core/select/bank.ts';
import { type Selector, selectorParameters } from '../../core/select/selector.ts';
import type { LoraAdapter, Prefix, SoftPrompt } from '../../core/tune/types.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { type Arm, type ArmId, isLoraArm, type LoraArmId } from '../../shared/results.ts';
import { adaptedModel, adapterParameters } from './adapted.ts';
import { bestPrompt } from './best-prompt.ts';
import type { LoadedModel } from './load-model.ts';
import { loraArms, type TunedPart, tunedFolder } from './tune-stages.ts';
import { loadAdapter, loadBank, loadPrefix } from './tuned-folders.ts';
import type { Workspace } from './workspace.ts';

/** One arm of the comparison, ready to answer. */
export interface PreparedArm {
  readonly arm: RunningArm;
  readonly loaded: LoadedModel;
  /** Names of the bank's prompts, by their place in it. */
  readonly promptNames: readonly string[];
  /** Parameters beside the weights. */
  readonly extraParameters: number;
}

const ARM_LABELS: Readonly<Record<Exclude<ArmId, LoraArmId>, string>> = {
  original: 'original',
  compressed: 'compressed',
  prompt: '+ best prompt',
  idp: '+ IDP bank',
  prefix: '+ prefix',
  'bank-lora': '+ bank and LoRA',
};

/** The bank's arm is named after IDP only where IDP chooses, adapters by rank where there are several. */
export function armLabel(id: ArmId, { selector, tuning }: Recipe): string {
  if (!isLoraArm(id))
    return id === 'idp' && selector.kind !== 'idp' ? '+ prompt bank' : ARM_LABELS[id];
  const adapters = loraArms(tuning);
  const rank = adapters.find(([arm]) => arm === id)?.[1].rank;
  return adapters.length === 1 ? '+ LoRA' : `+ LoRA of rank ${rank}`;
}

type TunedArm = Exclude<ArmId, 'original' | 'compressed'>;

/** What is tuned for an arm; the best prompt may also be one of the bank's. */
export function tunedPart(arm: TunedArm): TunedPart {
  switch (arm) {
    case 'prompt':
      return 'single';
    case 'idp':
      return 'bank';
    case 'bank-lora':
      return 'together';
    default:
      return arm;
  }
}

/** Arms that the recipe's tuning makes, once per seed. */
export const tunedArms = ({ tuning }: Recipe): TunedArm[] => [
  'prompt',
  'idp',
  ...(tuning.prefix ? (['prefix'] as const) : []),
  ...loraArms(tuning).map(([arm]) => arm),
  ...(tuning.together ? (['bank-lora'] as const) : []),
];

export async function prepareBaseline(
  workspace: Workspace,
  id: 'original' | 'compressed',
): Promise<PreparedArm> {
  return plainArm(await workspace[id]());
}

/** Weights alone. */
export const plainArm = (loaded: LoadedModel): PreparedArm => ({
  arm: { model: loaded.model },
  loaded,
  promptNames: [],
  extraParameters: 0,
});

export async function prepareTunedArm(
  workspace: Workspace,
  id: TunedArm,
  seed: number,
  signal: AbortSignal,
): Promise<PreparedArm> {
  const loaded = await workspace.compressed();
  const at = (part: TunedPart) => join(workspace.directory, tunedFolder(part, seed));
  switch (id) {
    case 'idp':
      return bankArm(loaded, await loadBank(at('bank'), loaded));
    case 'prompt': {
      const bank = await loadBank(at('bank'), loaded);
      // A run that was stopped early may not have come to the prompt on all the data.
      const single = existsSync(at('single')) ? [await loadBank(at('single'), loaded)] : [];
      const candidates = [...single, bank].flatMap(({ prompts }) => prompts);
      return fixedArm(loaded, await bestPrompt(workspace, seed, candidates, signal));
    }
    case 'prefix':
      return prefixArm(loaded, await loadPrefix(at('prefix'), loaded));
    case 'bank-lora': {
      const bank = await loadBank(join(at('together'), 'bank'), loaded);
      const adapter = await loadAdapter(join(at('together'), 'lora'), loaded);
      return withAdapter(bankArm(loaded, bank), adapter);
    }
    default:
      return loraArm(loaded, await loadAdapter(at(id), loaded));
  }
}

/** A bank with the selector that it names. */
export function bankArm(
  loaded: LoadedModel,
  { prompts, selector }: { readonly prompts: readonly SoftPrompt[]; readonly selector: Selector },
): PreparedArm {
  if (selector.kind === 'fixed') return fixedArm(loaded, prompts[selector.prompt]!);
  const { layers } = loaded.model.config;
  const counted =
    selector.kind === 'idp'
      ? { ...selector, layer: countedLayer(selector.layer, layers) }
      : selector;
  const arm = { model: loaded.model, bank: stackBank(prompts), selector: counted };
  const prepared = promptedArm(loaded, prompts, arm);
  const extraParameters = prepared.extraParameters + selectorParameters(selector);
  return { ...prepared, extraParameters };
}

/** All inputs share one prompt. */
export function fixedArm(loaded: LoadedModel, prompt: SoftPrompt): PreparedArm {
  const selector = { kind: 'fixed', prompt: 0 } as const;
  return promptedArm(loaded, [prompt], {
    model: loaded.model,
    bank: stackBank([prompt]),
    selector,
  });
}

/** How an arm with a bank picks its prompt, in words that results carry. */
export function shownSelector({ arm, promptNames }: PreparedArm): NonNullable<Arm['selector']> {
  const selector = arm.selector!;
  const { kind } = selector;
  if (kind === 'fixed') return { kind, prompt: promptNames[selector.prompt]! };
  return 'layer' in selector ? { kind, layer: selector.layer } : { kind };
}

function promptedArm(
  loaded: LoadedModel,
  prompts: readonly SoftPrompt[],
  arm: RunningArm,
): PreparedArm {
  const extraParameters = prompts.reduce((sum, { tokens, width }) => sum + tokens * width, 0);
  return { arm, loaded, promptNames: prompts.map(({ name }) => name), extraParameters };
}

export const loraArm = (loaded: LoadedModel, adapter: LoraAdapter): PreparedArm =>
  withAdapter(plainArm(loaded), adapter);

/** The arm with an adapter beside its weights. */
export function withAdapter(prepared: PreparedArm, adapter: LoraAdapter): PreparedArm {
  const { arm, extraParameters } = prepared;
  return {
    ...prepared,
    arm: { ...arm, model: adaptedModel(arm.model, adapter) },
    extraParameters: extraParameters + adapterParameters(adapter),
  };
}

/** Learned keys and values stand in front of every input. */
export function prefixArm(loaded: LoadedModel, prefix: Prefix): PreparedArm {
  return {
    arm: { model: loaded.model, prefix },
    loaded,
    promptNames: [],
    extraParameters: prefix.values.length,
  };
}
