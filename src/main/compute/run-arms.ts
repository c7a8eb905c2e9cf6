import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { parseRecipe } from '../../shared/recipe.ts';
import { type ArmId, type BankArmId, bankOfArm, isBankArm } from '../../shared/results.ts';
import { promptOfArm } from '../db/answer-table.ts';
import { findLibraryBank } from '../db/library.ts';
import type { Store } from '../db/open.ts';
import type { Run } from '../db/runs.ts';
import {
  bankArm,
  fixedArm,
  type PreparedArm,
  prepareBaseline,
  prepareTunedArm,
  tunedPart,
} from './arms.ts';
import { SINGLE_PROMPT, tunedFolder } from './tune-stages.ts';
import { loadBank } from './tuned-folders.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** An arm of an evaluated run, opened again from the run's folder. */
interface RunArm {
  readonly prepared: PreparedArm;
  /** Absolute path of its bank's or adapter's folder; null for weights alone. */
  readonly folder: string | null;
}

/** @throws KintsugiError RECIPE_INVALID */
export const openRun = (run: Run): Workspace =>
  openWorkspace(run.directory, parseRecipe(run.recipe), run);

/** @throws KintsugiError RUN_STATUS when the arm was never evaluated with this seed; as its folders do */
export async function openRunArm(
  store: Store,
  run: Pick<Run, 'id' | 'directory'>,
  workspace: Workspace,
  { arm, seed }: { readonly arm: ArmId | BankArmId; readonly seed: number },
): Promise<RunArm> {
  if (isBankArm(arm)) return openLibraryArm(store, workspace, bankOfArm(arm)!);
  const at = (folder: string) => join(run.directory, folder);
  if (arm === 'original' || arm === 'compressed') {
    return { prepared: await prepareBaseline(workspace, arm), folder: null };
  }
  if (arm !== 'prompt') {
    const prepared = await prepareTunedArm(workspace, arm, seed, new AbortController().signal);
    return { prepared, folder: at(tunedFolder(tunedPart(arm), seed)) };
  }
  // Which prompt was best took a pass over the validation facts; the answers say how it came out.
  const name = await promptOfArm(store.db, { runId: run.id, arm, seed });
  const folder = at(tunedFolder(name === SINGLE_PROMPT ? 'single' : 'bank', seed));
  const loaded = await workspace.compressed();
  const { prompts } = await loadBank(folder, loaded);
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt === undefined) throw notEvaluated(arm, seed);
  return { prepared: fixedArm(loaded, prompt), folder };
}

/** @throws KintsugiError BANK_NOT_FOUND, BANK_INVALID, BANK_INCOMPATIBLE */
async function openLibraryArm(store: Store, workspace: Workspace, bankId: string): Promise<RunArm> {
  const { directory: folder } = await findLibraryBank(store.db, bankId);
  const loaded = await workspace.compressed();
  return { prepared: bankArm(loaded, await loadBank(folder, loaded)), folder };
}

function notEvaluated(arm: ArmId, seed: number): KintsugiError {
  return new KintsugiError('RUN_STATUS', `The run has no arm "${arm}" with seed ${seed}.`, {
    next: 'Choose an arm of a finished run.',
    field: 'arm',
  });
}
