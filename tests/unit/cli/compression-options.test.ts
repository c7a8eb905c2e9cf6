import { Command } from 'commander';
import { expect, test } from 'vitest';
import {
  type CompressionFlags,
  compressionFlags,
  compressionOf,
} from '../../../src/main/cli/compression-options.ts';

const calibration = { source: 'starter', samples: 2, length: 32 };

/** The compression that the arguments stand for. */
function parsed(line: string) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const flag of compressionFlags) command.addOption(flag);
  const words = line === '' ? [] : line.split(' ');
  command.parse(words, { from: 'user' });
  return compressionOf(command.opts<CompressionFlags>(), calibration);
}

const grid = { bits: 4, groupSize: 64, symmetric: false, mse: false };

test.each([
  ['', { method: 'gptq', ...grid, actOrder: false, staticGroups: false, damping: 0.01 }],
  [
    '--method gptq --bits 3 --group-size -1 --act-order',
    {
      method: 'gptq',
      ...grid,
      bits: 3,
      groupSize: -1,
      actOrder: true,
      staticGroups: false,
      damping: 0.01,
    },
  ],
  ['--method rtn --symmetric', { method: 'rtn', ...grid, symmetric: true }],
  ['--method sparsegpt', { method: 'sparsegpt', sparsity: 0.5, quantization: null, damping: 0.01 }],
  [
    '--method sparsegpt --sparsity 2:4 --bits 2',
    { method: 'sparsegpt', sparsity: '2:4', quantization: { ...grid, bits: 2 }, damping: 0.01 },
  ],
  ['--method wanda --sparsity .7', { method: 'wanda', sparsity: 0.7, quantization: null }],
  [
    '--method magnitude --group-size 32',
    { method: 'magnitude', sparsity: 0.5, quantization: { ...grid, groupSize: 32 } },
  ],
])('compress %s', (line, expected) => {
  expect(parsed(line)).toEqual({ ...expected, calibration });
});

test.each([
  ['--method gptq --sparsity 0.5', '--sparsity'],
  ['--method wanda --damping 0.1', '--damping'],
  ['--method sparsegpt --act-order', '--act-order'],
  ['--method rtn --static-groups', '--static-groups'],
  ['--method wanda --sparsity 1.5', '--sparsity'],
  ['--method wanda --sparsity 4:2', '--sparsity'],
  ['--method wanda --sparsity lots', '--sparsity'],
])('compress %s is refused, naming the option', (line, field) => {
  expect(() => parsed(line)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', field }));
});
