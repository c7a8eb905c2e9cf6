import { Option } from 'commander';
import {
  BITS,
  type Compression,
  type GridOptions,
  METHODS,
  type MethodName,
  type Sparsity,
  sparsitySchema,
} from '../../shared/compression.ts';
import { compressionFrom, USUAL_DAMPING, USUAL_SPARSITY } from '../../shared/compression-change.ts';
import { decimal, integer, invalidOption } from './options.ts';

/** As given on the command line; what is not given takes the method's usual value. */
export interface CompressionFlags {
  readonly method: MethodName;
  readonly sparsity?: Sparsity;
  readonly bits?: string;
  readonly groupSize?: number;
  readonly symmetric?: true;
  readonly mse?: true;
  readonly actOrder?: true;
  readonly staticGroups?: true;
  readonly damping?: number;
}

const GRID = ['bits', 'groupSize', 'symmetric', 'mse'] as const;
const TAKEN: Readonly<Record<MethodName, readonly string[]>> = {
  gptq: [...GRID, 'actOrder', 'staticGroups', 'damping'],
  rtn: GRID,
  sparsegpt: [...GRID, 'sparsity', 'damping'],
  wanda: [...GRID, 'sparsity'],
  magnitude: [...GRID, 'sparsity'],
};
const FLAGS = [...new Set(Object.values(TAKEN).flat())];

const LIST = new Intl.ListFormat('en');

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

export const compressionFlags: readonly Option[] = [
  new Option('--method <name>', 'how to compress').choices(METHODS).default('gptq'),
  new Option(
    '--sparsity <share>',
    'sparsegpt, wanda, magnitude: share of zeros, or a pattern such as 2:4 (default 0.5)',
  ).argParser(sparsity),
  new Option(
    '--bits <n>',
    'bits of a code (default 4; pruned weights stay floats without it)',
  ).choices(BITS.map(String)),
  new Option('--group-size <n>', 'columns that share a scale, -1 for all (default 64)').argParser(
    integer('--group-size', -1, 65_536),
  ),
  new Option('--symmetric', 'zero point in the middle of the codes'),
  new Option('--mse', 'shrink each range to the one with the least error'),
  new Option('--act-order', 'gptq: columns with the most energy first'),
  new Option('--static-groups', 'gptq: fit every group before any column moves'),
  new Option(
    '--damping <x>',
    'gptq, sparsegpt: share of the mean diagonal (default 0.01)',
  ).argParser(decimal('--damping', 0, 1)),
];

/** @throws KintsugiError ARGUMENT_INVALID naming an option that the method does not take */
export function compressionOf(
  flags: CompressionFlags,
  calibration: Compression['calibration'],
): Compression {
  const { method, sparsity = USUAL_SPARSITY, damping = USUAL_DAMPING } = flags;
  const { actOrder = false, staticGroups = false } = flags;
  refuseUntaken(flags);
  const grid = gridFrom(flags);
  const quantization = GRID.some((name) => flags[name] !== undefined) ? grid : null;
  const order = { actOrder, staticGroups };
  return compressionFrom(method, { grid, ...order, damping, sparsity, quantization, calibration });
}

const gridFrom = ({ bits, groupSize, symmetric, mse }: CompressionFlags): GridOptions => ({
  bits: BITS.find((value) => String(value) === bits) ?? 4,
  groupSize: groupSize ?? 64,
  symmetric: symmetric ?? false,
  mse: mse ?? false,
});

function refuseUntaken(flags: CompressionFlags): void {
  const { method } = flags;
  const given = (name: string) => flags[name as keyof CompressionFlags] !== undefined;
  const untaken = FLAGS.find((name) => given(name) && !TAKEN[method].includes(name));
  if (untaken === undefined) return;
  const takers = METHODS.filter((name) => TAKEN[name].includes(untaken));
  throw invalidOption(
    flagOf(untaken),
    `${method} does not take it; ${LIST.format(takers)} ${takers.length === 1 ? 'does' : 'do'}`,
  );
}

/** A share or a pattern. */
function sparsity(text: string): Sparsity {
  const parsed = sparsitySchema.safeParse(/^\d*\.?\d+$/.test(text) ? Number(text) : text);
  if (parsed.success) return parsed.data;
  throw invalidOption(
    '--sparsity',
    `"${text}" is no share between 0 and 1, nor a pattern such as 2:4`,
  );
}
