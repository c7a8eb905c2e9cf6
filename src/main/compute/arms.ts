import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Arm as RunningArm } from '../../core/evaluate/arm.ts';
import type { StoredBank } from '../../core/export/bank.ts';
import { stackBank } from '../../core/select/bank.ts';
import type { LoraAdapter, Prefix, SoftPrompt } from '../../core/tune/types.ts';
import type { Arm, ArmId } from '../../shared/results.ts';
import { adaptedModel, adapterParameters } from './adapted.ts';
import { bestPrompt } from './best-prompt.ts';
import type { LoadedModel } from './load-model.ts';
import { tunedFolders } from './tune-stages.ts';
import { loadAdapter, loadBank } from './tuned-folders.ts';
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

export const ARM_LABELS: Readonly<Record<ArmId, string>> = {
  original: 'original',
  compressed: 'compressed',
  prompt: '+ best prompt',
  idp: '+ IDP bank',
  lora: '+ LoRA',
};

/** Arms that tuning makes, once per seed. */
export const TUNED_ARMS = ['prompt', 'idp', 'lora'] as const satisfies readonly ArmId[];
type TunedArm = (typeof TUNED_ARMS)[number];

export async function prepareBaseline(
  workspace: Workspace,
  id: 'original' | 'compressed',
): Promise<PreparedArm> {
  const loaded = await workspace[id]();
  return { arm: { model: loaded.model }, loaded, promptNames: [], extraParameters: 0 };
}

export async function prepareTunedArm(
  workspace: Workspace,
  id: TunedArm,
  seed: number,
  signal: AbortSignal,
): Promise<PreparedArm> {
  const loaded = await workspace.compressed();
  const folders = tunedFolders(seed);
  const at = (folder: string) => join(workspace.directory, folder);
  switch (id) {
    case 'idp': {
      const { prompts } = await loadBank(at(folders.bank), loaded);
      return idpArm(loaded, prompts, workspace.recipe.selector.layer);
    }
    case 'prompt': {
      const bank = await loadBank(at(folders.bank), loaded);
      // A run that was stopped early may not have come to the prompt on all the data.
      const single = existsSync(at(folders.single))
        ? [await loadBank(at(folders.single), loaded)]
        : [];
      const candidates = [...single, bank].flatMap(({ prompts }) => prompts);
      return fixedArm(loaded, await bestPrompt(workspace, seed, candidates, signal));
    }
    case 'lora':
      return loraArm(loaded, await loadAdapter(at(folders.lora), loaded));
  }
}

/** Every input chooses its prompt; a negative layer counts from the last. */
function idpArm(loaded: LoadedModel, prompts: readonly SoftPrompt[], layer: number): PreparedArm {
  const { layers } = loaded.model.config;
  const counted = layer < 0 ? layers + layer : layer;
  const chosen = Math.min(Math.max(counted, 0), layers - 1);
  const selector = { kind: 'idp', layer: chosen } as const;
  return promptedArm(loaded, prompts, { model: loaded.model, bank: stackBank(prompts), selector });
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

/** A stored bank with the selector that it names. */
export const bankArm = (loaded: LoadedModel, { prompts, selector }: StoredBank): PreparedArm =>
  selector.kind === 'idp'
    ? idpArm(loaded, prompts, selector.layer)
    : fixedArm(loaded, prompts[selector.prompt]!);

/** How an arm with a bank picks its prompt, in words that results carry. */
export function shownSelector({ arm, promptNames }: PreparedArm): NonNullable<Arm['selector']> {
  const selector = arm.selector!;
  return selector.kind === 'idp'
    ? selector
    : { kind: selector.kind, prompt: promptNames[selector.prompt]! };
}

function promptedArm(
  loaded: LoadedModel,
  prompts: readonly SoftPrompt[],
  arm: RunningArm,
): PreparedArm {
  const extraParameters = prompts.reduce((sum, { tokens, width }) => sum + tokens * width, 0);
  return { arm, loaded, promptNames: prompts.map(({ name }) => name), extraParameters };
}

function loraArm(loaded: LoadedModel, adapter: LoraAdapter): PreparedArm {
  const plain = { arm: { model: loaded.model }, loaded, promptNames: [], extraParameters: 0 };
  return withAdapter(plain, adapter);
}

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
