import {
  BITS,
  type CompressionOptions,
  type GridOptions,
  gridOf,
  parsePattern,
  type Sparsity,
  sparsityOf,
} from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';
import {
  fittingGroupSizes,
  GROUP_MULTIPLE,
  THREE_BIT_MULTIPLE,
} from '../../shared/model-limits.ts';
import { groupColumns } from './quantized.ts';

export const defaultCompression: Extract<CompressionOptions, { readonly method: 'gptq' }> = {
  method: 'gptq',
  bits: 4,
  groupSize: 128,
  symmetric: false,
  mse: false,
  actOrder: false,
  staticGroups: false,
  damping: 0.01,
};

export interface LinearShape {
  readonly module: string;
  readonly out: number;
  readonly in: number;
}

const invalid = (field: string, message: string, next: string) =>
  new KintsugiError('QUANTIZATION_INVALID', message, { field, next });

/**
 * Refuses options that some layer cannot hold, before any work.
 * @throws KintsugiError QUANTIZATION_INVALID naming the option, the module and what is allowed.
 */
export function checkCompression(
  options: CompressionOptions,
  layers: readonly LinearShape[],
): void {
  const grid = gridOf(options);
  const sparsity = sparsityOf(options);
  if (grid !== null) checkGrid(grid, layers);
  if (sparsity !== null) checkSparsity(sparsity, grid, layers);
  if ('damping' in options && !(options.damping >= 0 && options.damping <= 1))
    throw invalid(
      'damping',
      `Damping ${options.damping} is outside 0…1`,
      'Choose 0.01, the usual value.',
    );
}

function checkGrid(options: GridOptions, layers: readonly LinearShape[]): void {
  const { bits, groupSize } = options;
  if (!BITS.includes(bits))
    throw invalid('bits', `${bits} bits are not supported`, `Choose ${BITS.join(', ')}.`);
  if (groupSize !== -1 && !(Number.isInteger(groupSize) && groupSize >= GROUP_MULTIPLE))
    throw invalid(
      'groupSize',
      `Group size ${groupSize} is not −1 or a positive multiple of ${GROUP_MULTIPLE}`,
      `Choose −1 (one group) or a multiple of ${GROUP_MULTIPLE}.`,
    );
  for (const layer of layers) checkLayer(options, layer);
}

/** Windows of a pattern lie within a row, and within a group where the rest is quantised. */
function checkSparsity(
  sparsity: Sparsity,
  grid: GridOptions | null,
  layers: readonly LinearShape[],
): void {
  if (typeof sparsity === 'number') return;
  const { of } = parsePattern(sparsity);
  for (const { module, in: columns } of layers)
    if (columns % of !== 0)
      throw invalid(
        'sparsity',
        `${sparsity} does not divide the ${columns} input columns of ${module}`,
        'Choose 2:4 or 4:8, or a share such as 0.5.',
      );
  if (grid !== null && grid.groupSize !== -1 && grid.groupSize % of !== 0)
    throw invalid(
      'sparsity',
      `${sparsity} does not divide the group size ${grid.groupSize}`,
      'Choose 2:4 or 4:8, or a group size that is a multiple of the pattern.',
    );
}

function checkLayer({ bits, groupSize }: GridOptions, layer: LinearShape): void {
  const { module, in: columns } = layer;
  const multiple = bits === 3 ? THREE_BIT_MULTIPLE : GROUP_MULTIPLE;
  if (columns % multiple !== 0)
    throw invalid(
      'bits',
      `${module} has ${columns} input columns; ${bits}-bit codes need a multiple of ${multiple}`,
      columns % GROUP_MULTIPLE === 0
        ? `Choose ${BITS.filter((b) => b !== 3).join(', ')} bits.`
        : 'This model cannot be quantised to a packed format.',
    );
  const size = groupColumns(groupSize, columns);
  if (size % GROUP_MULTIPLE !== 0 || columns % size !== 0)
    throw invalid(
      'groupSize',
      `Group size ${groupSize} does not divide the ${columns} input columns of ${module}`,
      `Choose ${[-1, ...fittingGroupSizes([columns])].join(', ')}.`,
    );
}
