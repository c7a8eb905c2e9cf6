import { expect, it } from 'vitest';
import { compareRecipes } from '../../../src/main/router/compare-configuration.ts';
import { PRESETS } from '../../../src/shared/presets.ts';

const { quick } = PRESETS;

it('marks the settings that differ, and only those', () => {
  const other = {
    ...quick,
    compression: { ...quick.compression, bits: 4 as const },
    tuning: { ...quick.tuning, lora: { ...quick.tuning.lora, targets: ['q_proj'] } },
  };
  const differing = compareRecipes([quick, other]).filter(({ differs }) => differs);
  expect(differing).toEqual([
    { path: 'compression.bits', values: ['2', '4'], differs: true },
    { path: 'tuning.lora.targets', values: ['default', 'q_proj'], differs: true },
  ]);
});

it('has every setting of a single run, and nulls for a recipe that cannot be read', () => {
  const rows = compareRecipes([quick]);
  expect(rows.every(({ differs }) => !differs)).toBe(true);
  expect(rows.map(({ path }) => path)).toContain('compression.calibration.samples');
  expect(compareRecipes([quick, null])[0]).toEqual({
    path: 'version',
    values: ['1', null],
    differs: true,
  });
});
