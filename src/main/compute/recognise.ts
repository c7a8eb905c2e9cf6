import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openHeaders } from '../../core/checkpoint/folder.ts';
import { isObject, type JsonObject, readJsonObject } from '../../core/checkpoint/json.ts';
import { openFolder } from '../../core/checkpoint/paths.ts';
import type { TensorEntry } from '../../core/checkpoint/safetensors.ts';
import { type Compressed, compressionOf } from '../../core/compress/provenance.ts';
import type { Family, ModelConfig } from '../../core/models/family.ts';
import { familyOf, supportedArchitectures } from '../../core/models/registry.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { describeCompression } from '../../shared/compression.ts';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { ModelReport } from '../../shared/contract/library.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { reportError } from '../report-error.ts';
import { loadModel } from './load-model.ts';
import { parameterCount } from './model-shape.ts';

/** How much of a folder is read: its headers, its tokenizer too, or all its weights. */
export type Depth = 'headers' | 'all';

const NOTHING: Omit<ModelReport, 'problems'> = {
  architecture: null,
  supported: false,
  parameters: null,
  bytes: null,
  dtypes: [],
  layers: null,
  hiddenSize: null,
  vocabulary: null,
  maxPositions: null,
  quantization: null,
  tokenizer: null,
  chatTemplate: false,
};

/** What a folder holds, as far as it can be told; whatever is wrong with it is a problem of the report. */
export async function recognise(dir: string, depth: Depth): Promise<ModelReport> {
  const problems: ErrorReport[] = [];
  const attempt = async <T>(part: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await part();
    } catch (error) {
      if (!(error instanceof KintsugiError)) throw error;
      problems.push(reportError(error));
      return undefined;
    }
  };
  const headers = await attempt(() => openHeaders(dir));
  const described = headers && (await attempt(() => describeConfig(headers.config, dir)));
  const weights = headers ? describeWeights([...headers.tensors.values()]) : {};
  const tokenizer = await attempt(() => describeTokenizer(dir, depth));
  if (depth === 'all' && problems.length === 0) await attempt(() => loadModel(dir));
  return {
    ...NOTHING,
    ...weights,
    ...(described ?? { architecture: headers ? architectureOf(headers.config) : null }),
    quantization: headers ? describeCompressed(headers) : null,
    ...tokenizer,
    problems,
  };
}

/** Whether Kintsugi runs an architecture; null where it is unknown. */
export const isSupported = (architecture: string | null): boolean | null =>
  architecture === null ? null : supportedArchitectures.includes(architecture);

const architectureOf = (config: JsonObject): string | null => {
  const [first] = Array.isArray(config['architectures']) ? config['architectures'] : [];
  return typeof first === 'string' ? first.slice(0, 100) : null;
};

/** @throws KintsugiError UNSUPPORTED_ARCHITECTURE, CONFIG_INVALID */
export function openConfig(
  config: JsonObject,
  file: string,
): { readonly family: Family; readonly config: ModelConfig } {
  const family = familyOf(config, file);
  return { family, config: family.parseConfig(config, file) };
}

function describeConfig(json: JsonObject, dir: string): Partial<ModelReport> {
  const opened = openConfig(json, join(dir, 'config.json'));
  const { config } = opened;
  return {
    architecture: config.architecture,
    supported: true,
    parameters: parameterCount(opened),
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    vocabulary: config.vocabularySize,
    maxPositions: config.maxPositions,
  };
}

function describeWeights(tensors: readonly TensorEntry[]): Partial<ModelReport> {
  const byType = new Map<string, number>();
  for (const { dtype, length } of tensors) byType.set(dtype, (byType.get(dtype) ?? 0) + length);
  return {
    bytes: tensors.reduce((sum, { length }) => sum + length, 0),
    dtypes: [...byType].sort(([, a], [, b]) => b - a).map(([dtype]) => dtype),
  };
}

/** Ours by its recipe, others by their settings. */
function describeCompressed(checkpoint: Compressed): string | null {
  const recipe = compressionOf(checkpoint);
  if (recipe) return describeCompression(recipe);
  return checkpoint.quantization ? describeQuantization(checkpoint.quantization) : null;
}

function describeQuantization(settings: JsonObject): string {
  const { quant_method: method, bits } = settings;
  const name = typeof method === 'string' ? method.slice(0, 40).toUpperCase() : 'quantised';
  return typeof bits === 'number' ? `${name}, ${bits} bits` : name;
}

const TOKENIZER_LIMIT = 2 ** 27;

async function describeTokenizer(
  dir: string,
  depth: Depth,
): Promise<Pick<ModelReport, 'tokenizer' | 'chatTemplate'>> {
  const folder = await openFolder(dir).catch(() => undefined);
  if (folder === undefined) return { tokenizer: null, chatTemplate: false };
  const names = await readdir(folder.path).catch((): string[] => []);
  const chatTemplate = await hasChatTemplate(folder.path, names);
  if (!names.includes('tokenizer.json')) {
    const next = names.includes('tokenizer.model')
      ? 'Save the tokenizer with transformers as a fast tokenizer, which writes tokenizer.json.'
      : 'Download the model again.';
    throw new KintsugiError('TOKENIZER_INVALID', 'The model folder has no tokenizer.json.', {
      next,
      file: folder.path,
    });
  }
  if (depth === 'headers') return { tokenizer: 'tokenizer.json', chatTemplate };
  const { vocabularySize } = await loadTokenizer(folder.path);
  const { value } = await readJsonObject(join(folder.path, 'tokenizer.json'), {
    code: 'TOKENIZER_INVALID',
    limit: TOKENIZER_LIMIT,
    next: 'Download tokenizer.json again.',
  });
  const type = isObject(value['model']) ? value['model']['type'] : undefined;
  const kind = typeof type === 'string' ? type.slice(0, 40) : 'tokenizer.json';
  return { tokenizer: `${kind}, ${vocabularySize.toLocaleString('en')} tokens`, chatTemplate };
}

async function hasChatTemplate(folder: string, names: readonly string[]): Promise<boolean> {
  if (names.includes('chat_template.jinja') || names.includes('chat_template.json')) return true;
  if (!names.includes('tokenizer_config.json')) return false;
  const file = { code: 'TOKENIZER_INVALID', limit: 2 ** 24, next: 'Download it again.' } as const;
  const config = await readJsonObject(join(folder, 'tokenizer_config.json'), file).catch(
    () => undefined,
  );
  return config !== undefined && Object.hasOwn(config.value, 'chat_template');
}
