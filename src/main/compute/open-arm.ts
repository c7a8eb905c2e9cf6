import type { Engine } from '../../core/engine/program.ts';
import { virtualTokens } from '../../core/evaluate/arm.ts';
import { scoreShares } from '../../core/select/selector.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { bankArm, type PreparedArm, prefixArm, withAdapter } from './arms.ts';
import { type EngineChoice, openEngine } from './engine.ts';
import type { LoadedModel } from './load-model.ts';
import { loadModel } from './load-model.ts';
import { modelFolder } from './starter.ts';
import { isPrefixFolder, loadAdapter, loadBank, loadPrefix } from './tuned-folders.ts';

/** An arm as it is named on a command line: folders. */
export interface ArmFolders {
  /** "starter" or a model folder. */
  readonly model: string;
  readonly bank?: string;
  readonly adapter?: string;
}

/** @throws KintsugiError as the opened folders do */
async function openArm({ model, bank, adapter }: ArmFolders): Promise<PreparedArm> {
  const loaded = await loadModel(modelFolder(model));
  if (adapter === undefined) return openBankArm(loaded, bank);
  if (!(await isPrefixFolder(adapter)))
    return withAdapter(await openBankArm(loaded, bank), await loadAdapter(adapter, loaded));
  if (bank !== undefined)
    throw new KintsugiError('ARGUMENT_INVALID', 'A prefix and a bank cannot be used together', {
      field: 'adapter',
      next: 'Leave out one of them; a LoRA adapter goes with a bank.',
    });
  return prefixArm(loaded, await loadPrefix(adapter, loaded));
}

async function openBankArm(loaded: LoadedModel, bank: string | undefined): Promise<PreparedArm> {
  if (bank === undefined) {
    return { arm: { model: loaded.model }, loaded, promptNames: [], extraParameters: 0 };
  }
  return bankArm(loaded, await loadBank(bank, loaded));
}

/** Opens arm and engine for one use. */
export async function withArm<T>(
  folders: ArmFolders,
  engine: EngineChoice,
  use: (prepared: PreparedArm, engine: Engine) => Promise<T>,
): Promise<T> {
  const prepared = await openArm(folders);
  return use(prepared, await openEngine(engine));
}

/** The prompt that answered, by name, and the share of each in the choice; null without a bank. */
export function describeChoice(
  { arm, promptNames }: PreparedArm,
  { choice, scores }: { readonly choice?: number; readonly scores?: readonly number[] },
) {
  if (choice === undefined) return null;
  const shares = scores && scoreShares(arm.selector!.kind, scores);
  return {
    prompt: promptNames[choice]!,
    attention: shares
      ? Object.fromEntries(shares.map((share, i) => [promptNames[i]!, share]))
      : null,
  };
}

/** @throws KintsugiError ARGUMENT_INVALID */
export function checkIds({ arm }: PreparedArm, ids: readonly number[], field: string): void {
  const { vocabularySize, maxPositions } = arm.model.config;
  const outside = ids.find((id) => id >= vocabularySize);
  const fault = (message: string, next: string) =>
    new KintsugiError('ARGUMENT_INVALID', message, { field, next });
  if (ids.length === 0) throw fault('There are no tokens to read.', 'Give a longer input.');
  if (outside !== undefined) {
    throw fault(
      `Token ${outside} is not in the vocabulary.`,
      `Give ids from 0 to ${vocabularySize - 1}.`,
    );
  }
  const room = maxPositions - virtualTokens(arm);
  if (ids.length > room) {
    throw fault(`${ids.length} tokens do not fit.`, `Give at most ${room} tokens.`);
  }
}
