import { statfs } from 'node:fs/promises';
import { parseStrictJson } from '../../../core/checkpoint/json.ts';
import type { ErrorReport } from '../../../shared/contract/common.ts';
import type { ModelReport } from '../../../shared/contract/library.ts';
import type { Need } from '../../../shared/contract/wizard.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import { PRESETS } from '../../../shared/presets.ts';
import { reportError } from '../../report-error.ts';
import { estimateMemory } from '../memory.ts';
import { parameterCount } from '../model-shape.ts';
import { type Depth, isSupported, openConfig, recognise } from '../recognise.ts';
import { need } from './estimate.ts';

/** Share of fp32's bytes that a 4-bit model keeps, about. */
const COMPRESSED = 0.35;

export interface Preview {
  readonly architecture: string | null;
  readonly parameters: number | null;
  readonly supported: boolean | null;
  readonly memory: Need | null;
  readonly disk: Need;
  readonly problem: ErrorReport | null;
}

interface PreviewInput {
  /** The text of config.json, where it could be read. */
  readonly config: string | null;
  /** Bytes of the weights. */
  readonly weights: number;
  /** Bytes that are still to be fetched. */
  readonly download: number;
  readonly folders: { readonly cache: string; readonly home: string };
}

/** What a quick repair of a model would take, told from its configuration alone. */
async function preview({ config, weights, download, folders }: PreviewInput): Promise<Preview> {
  const compressed = Math.round(COMPRESSED * weights);
  const disk = need(
    [
      { name: 'download', bytes: download },
      { name: 'compressed model', bytes: compressed },
      { name: "its weights again, in the engine's layout", bytes: compressed },
    ],
    await freeBytes(folders),
  );
  const nothing = { architecture: null, parameters: null, supported: null, memory: null, disk };
  if (config === null) return { ...nothing, problem: null };
  try {
    const opened = openConfig(parseConfig(config), 'config.json');
    const items = estimateMemory(opened, PRESETS.quick);
    return {
      architecture: opened.config.architecture,
      parameters: parameterCount(opened),
      supported: true,
      memory: need(
        items.map(({ what, bytes }) => ({ name: what, bytes })),
        process.availableMemory(),
      ),
      disk,
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof KintsugiError)) throw error;
    const supported = error.code === 'UNSUPPORTED_ARCHITECTURE' ? false : null;
    return { ...nothing, supported, problem: reportError(error) };
  }
}

function parseConfig(text: string): Record<string, unknown> {
  try {
    const value = parseStrictJson(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new KintsugiError('CONFIG_INVALID', 'config.json is not valid JSON.', {
    next: 'Choose another model.',
    file: 'config.json',
  });
}

/** Of the fuller of the two disks; the cache's folder may not be there yet. */
async function freeBytes({ cache, home }: PreviewInput['folders']): Promise<number> {
  const free = (folder: string) => statfs(folder).then(({ bavail, bsize }) => bavail * bsize);
  const there = await free(home);
  return Math.min(there, await free(cache).catch(() => there));
}

interface RecogniseInput {
  readonly folder: string;
  readonly depth: Depth;
}

export const hubTasks = {
  'models.preview': preview,
  'models.recognise': ({ folder, depth }: RecogniseInput): Promise<ModelReport> =>
    recognise(folder, depth),
  'models.supported': async ({ architectures }: { readonly architectures: (string | null)[] }) =>
    architectures.map(isSupported),
};
