import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  estimateDisk,
  estimateMemory,
  freeDisk,
  requireDisk,
} from '../../../src/core/compress/estimate.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import { estimateSeconds } from '../../../src/core/compress/work.ts';
import { llama } from '../../../src/core/models/llama/index.ts';

/** A 7-billion LLaMA's shapes, with `layers` blocks. */
function sized(layers: number, sequences = 128) {
  const config = llama.parseConfig(
    {
      vocab_size: 32_000,
      hidden_size: 4096,
      intermediate_size: 11_008,
      num_hidden_layers: layers,
      num_attention_heads: 32,
    },
    'config.json',
  );
  const shapes = llama.tensorShapes(config);
  const blocks = Array.from({ length: layers }, (_, layer) => ({
    stages: llama.stages(config, layer).map((stage) =>
      stage.map((module) => {
        const [out, columns] = shapes.get(`${module}.weight`) as readonly [number, number];
        return { module, out, in: columns };
      }),
    ),
  }));
  return {
    config,
    options: defaultCompression,
    blocks,
    text: { sequences, length: 512, batch: 2 },
    weightBytes: 2,
    dense: 0,
  };
}
const flat = (size: ReturnType<typeof sized>) => ({
  ...size,
  blocks: size.blocks.map(({ stages }) => stages.flat()),
});

describe('what a compression takes', () => {
  test('memory depends on a block and the calibration text, not on how many blocks there are', () => {
    const memory = estimateMemory(flat(sized(2)));
    expect(estimateMemory(flat(sized(80)))).toEqual(memory);
    const more = estimateMemory(flat(sized(2, 256)));
    expect(more.total - memory.total).toBe(128 * 512 * 4096 * 4);
    expect(memory.total).toBe(memory.items.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test('disk and time grow with the blocks', () => {
    const [few, many] = [flat(sized(2)), flat(sized(8))].map((size) => estimateDisk(size).items);
    expect(many![0]!.bytes).toBe(4 * few![0]!.bytes);
    // 4 bits a weight, and 2½ bytes for every 128 of them.
    const weights = 8 * (4 * 4096 ** 2 + 3 * 4096 * 11_008);
    expect(many![0]!.bytes / weights).toBeCloseTo(0.5 + 2.5 / 128, 2);
    expect(estimateSeconds(sized(8), 1e11)).toBeCloseTo(4 * estimateSeconds(sized(2), 1e11), 6);
    expect(estimateSeconds(sized(2), 2e11)).toBeCloseTo(estimateSeconds(sized(2), 1e11) / 2, 6);
  });

  test('too little disk is refused with the items', () => {
    const disk = estimateDisk(flat(sized(2)));
    expect(() => requireDisk(disk, disk.total, '/out')).not.toThrow();
    expect(() => requireDisk(disk, disk.total - 1, '/out')).toThrow(
      expect.objectContaining({
        code: 'DISK_INSUFFICIENT',
        file: '/out',
        message: expect.stringMatching(/compressed linears \d+ MB.*activations to go on from/),
      }),
    );
  });

  test('free space is asked of the nearest folder that exists', async () => {
    const here = await freeDisk(import.meta.dirname);
    const below = await freeDisk(join(import.meta.dirname, 'not', 'yet'));
    expect(Math.abs(here - below)).toBeLessThan(2 ** 30);
    expect(here).toBeGreaterThan(0);
  });
});
