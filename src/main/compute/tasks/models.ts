import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isCompressed } from '../../../core/compress/provenance.ts';
import type { ModelInfo } from '../../../shared/contract/wizard.ts';
import { modelName } from '../../../shared/model-name.ts';
import { isRepositoryId } from '../../hub/repository.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { limitsOf, parameterCount } from '../model-shape.ts';
import { modelFolder } from '../starter.ts';

const FLOAT = 4;

interface Inspected {
  readonly stamp: number;
  readonly info: ModelInfo;
  readonly loaded: LoadedModel;
}

// Opening a folder reads all its weights; the wizard asks about the same one again and again.
const inspected = new Map<string, Inspected>();
const REMEMBERED = 4;

/** A model folder fully checked. @throws KintsugiError as loadModel does */
export async function inspectModel(model: string): Promise<Inspected> {
  const folder = resolve(modelFolder(model));
  const stamp = await stat(join(folder, 'config.json')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const known = inspected.get(folder);
  if (known !== undefined && known.stamp === stamp) return known;
  const loaded = await loadModel(folder);
  const found = { stamp, loaded, info: describe(keepsName(model) ? model : folder, loaded) };
  if (inspected.size >= REMEMBERED) inspected.delete(inspected.keys().next().value!);
  inspected.set(folder, found);
  return found;
}

/** The starter and models of the hub go by their names, folders by their absolute path. */
const keepsName = (model: string): boolean =>
  model === 'starter' || (isRepositoryId(model) && !existsSync(model));

function describe(name: string, { model, checkpoint }: LoadedModel): ModelInfo {
  const { config } = model;
  const parameters = parameterCount(model);
  const stored = [...checkpoint.tensors.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    model: name,
    name: modelName(name),
    architecture: config.architecture,
    bytes: stored || parameters * FLOAT,
    hiddenSize: config.hiddenSize,
    vocabulary: config.vocabularySize,
    ...limitsOf(model),
    quantized: isCompressed(checkpoint),
  };
}

async function check({ path }: { readonly path: string }): Promise<ModelInfo> {
  return (await inspectModel(path)).info;
}

export const modelTasks = { 'model.check': check };
