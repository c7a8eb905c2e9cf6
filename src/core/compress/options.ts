import { KintsugiError } from '../../shared/errors.ts';
import { BITS, groupColumns, type QuantizationOptions } from './quantized.ts';

const GROUP_MULTIPLE = 16;
/** 3-bit codes are packed 32 to three words; other tools refuse partial ones. */
const THREE_BIT_MULTIPLE = 32;

/** A compression recipe. */
export interface CompressionOptions extends QuantizationOptions {
  readonly method: 'gptq' | 'rtn';
}

export const defaultCompression: CompressionOptions = {
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
export function checkQuantization(
  options: QuantizationOptions,
  layers: readonly LinearShape[],
): void {
  const { bits, groupSize, damping } = options;
  if (!BITS.includes(bits))
    throw invalid('bits', `${bits} bits are not supported`, `Choose ${BITS.join(', ')}.`);
  if (groupSize !== -1 && !(Number.isInteger(groupSize) && groupSize >= GROUP_MULTIPLE))
    throw invalid(
      'groupSize',
      `Group size ${groupSize} is not −1 or a positive multiple of ${GROUP_MULTIPLE}`,
      `Choose −1 (one group) or a multiple of ${GROUP_MULTIPLE}.`,
    );
  if (!(damping >= 0 && damping <= 1))
    throw invalid('damping', `Damping ${damping} is outside 0…1`, 'Choose 0.01, the usual value.');
  for (const layer of layers) checkLayer(options, layer);
}

function checkLayer({ bits, groupSize }: QuantizationOptions, layer: LinearShape): void {
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
      `Choose ${allowedGroups(columns).join(', ')}.`,
    );
}

function allowedGroups(columns: number): number[] {
  const sizes = [-1];
  for (let size = GROUP_MULTIPLE; size <= columns; size += GROUP_MULTIPLE)
    if (columns % size === 0) sizes.push(size);
  return sizes;
}
