import { type Compression, gridOf } from '../../shared/compression.ts';
import { withGrid } from './method-choice.ts';
import { NumberSetting, SelectSetting, SwitchSetting } from './settings.tsx';

interface Props {
  readonly compression: Compression;
  readonly set: (next: Compression) => void;
}

/** Every setting of the chosen method that the cards leave out. */
export function CompressExpert({ compression, set }: Props) {
  const { calibration } = compression;
  return (
    <>
      {'sparsity' in compression && (
        <NumberSetting
          label="Share of zeros"
          about="Any share, instead of one of the cards above."
          value={typeof compression.sparsity === 'number' ? compression.sparsity : 0.5}
          min={0.01}
          max={0.99}
          step={0.05}
          fraction
          onChange={(sparsity) => set({ ...compression, sparsity })}
        />
      )}
      <GridSettings compression={compression} set={set} />
      {compression.method === 'gptq' && (
        <>
          <SwitchSetting
            label="Important columns first"
            about="Quantises the columns with the largest inputs first (act-order)."
            value={compression.actOrder}
            onChange={(actOrder) => set({ ...compression, actOrder })}
          />
          <SwitchSetting
            label="Static groups"
            about="Groups’ scales are set before the columns are reordered."
            value={compression.staticGroups}
            onChange={(staticGroups) => set({ ...compression, staticGroups })}
          />
        </>
      )}
      {'damping' in compression && (
        <NumberSetting
          label="Damping"
          about="Added to the curvature so that it can be inverted; more is safer and less exact."
          value={compression.damping}
          min={0.0001}
          max={1}
          step={0.005}
          fraction
          onChange={(damping) => set({ ...compression, damping })}
        />
      )}
      <NumberSetting
        label="Calibration samples"
        about="Pieces of text that show the method which weights matter, or measure what it loses."
        value={calibration.samples}
        min={1}
        max={100_000}
        onChange={(samples) => set({ ...compression, calibration: { ...calibration, samples } })}
      />
      <NumberSetting
        label="Tokens per sample"
        about="Length of each piece of calibration text."
        value={calibration.length}
        min={1}
        max={8192}
        onChange={(length) => set({ ...compression, calibration: { ...calibration, length } })}
      />
    </>
  );
}

function GridSettings({ compression, set }: Props) {
  const grid = gridOf(compression);
  if (grid === null) return null;
  return (
    <>
      <SelectSetting
        label="Group size"
        about="Weights that share a scale; smaller groups lose less and take more room."
        value={String(grid.groupSize)}
        data={groupSizes(grid.groupSize)}
        onChange={(size) => set(withGrid(compression, { groupSize: Number(size) }))}
      />
      <SwitchSetting
        label="Symmetric"
        about="Values lie evenly around zero, without an offset for each group."
        value={grid.symmetric}
        onChange={(symmetric) => set(withGrid(compression, { symmetric }))}
      />
      <SwitchSetting
        label="Best range"
        about="Each group’s range shrinks to the one with the least error."
        value={grid.mse}
        onChange={(mse) => set(withGrid(compression, { mse }))}
      />
    </>
  );
}

function groupSizes(current: number) {
  const sizes = [...new Set([32, 64, 128, 256, -1, current])];
  return sizes.map((size) => ({
    value: String(size),
    label: size === -1 ? 'One per row' : String(size),
  }));
}
