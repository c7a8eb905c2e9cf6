import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { DeviceName } from '../../../src/core/engine/program.ts';
import { relativeError } from '../../support/compare.ts';
import { type Case, cases } from './programs.ts';

async function results(device: DeviceName, { program, feeds }: Case) {
  const engine = await openDevice(device, { threads: 1 });
  const executable = await engine.compile(program);
  const outputs = await executable.run(feeds);
  await executable.release();
  return outputs;
}

function conforms(device: DeviceName, loosen: number): void {
  it.each(cases)('$program.name', async (given) => {
    const expected = await results('eager', given);
    const actual = await results(device, given);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, values] of Object.entries(expected)) {
      const error = relativeError(actual[name]!, values);
      expect(error, name).toBeLessThanOrEqual(given.tolerance * loosen);
    }
  });
}

describe('compiled on the CPU, against the eager tfjs oracle', () => conforms('cpu', 1));

// SwiftShader, Debian's software Vulkan device, stands in for a GPU: `.ci/run` installs it.
const vulkan = process.env.VK_ICD_FILENAMES;
describe.skipIf(!vulkan || !existsSync(vulkan))('compiled on WebGPU', () => conforms('webgpu', 2));
