import { type Compression, gridOf, withGrid } from '../../shared/compression.ts';
import { fittingGroupSizes, type ModelLimits } from '../../shared/model-limits.ts';
import { NumberSetting, SelectSetting, SwitchSetting, TextSetting } from './settings.tsx';

interface Props {
  readonly compression: Compression;
  readonly limits: ModelLimits | null;
  readonly set: (next: Compression) => void;
}

/** Every setting of the chosen method that the cards leave out. */
export function CompressExpert({ compression, limits, set }: Props) {
  const { calibration } = compression;
  return (
    <>
      {'sparsity' in compression && (
        <NumberSetting
          label="Share of zeros"
          about="Any share, instead of one of the choices above."
          value={typeof compression.sparsity === 'number' ? compression.sparsity : 0.5}
          min={0.01}
          max={0.99}
          step={0.05}
          fraction
          onChange={(sparsity) => set({ ...compression, sparsity })}
        />
      )}
      <GridSettings compression={compression} limits={limits} set={set} />
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
      <TextSetting
        label="Calibration text"
        about="“starter”, a file’s path, a dataset’s folder, or hub:org/name of one in the library."
        value={calibration.source}
        onChange={(text) =>
          set({ ...compression, calibration: { ...calibration, source: text.trim() } })
        }
      />
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
        max={limits?.maxPositions ?? 8192}
        onChange={(length) => set({ ...compression, calibration: { ...calibration, length } })}
      />
    </>
  );
}

function GridSettings({ compression, limits, set }: Props) {
  const grid = gridOf(compression);
  if (grid === null) return null;
  return (
    <>
      <SelectSetting
        label="Group size"
        about="Weights that share a scale; smaller groups lose less and take more room."
        value={String(grid.groupSize)}
        data={groupSizes(grid.groupSize, limits)}
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

const USUAL_GROUPS = [16, 32, 64, 128, 256];

/** The usual sizes that the model's layers can be cut into, and the one in use. */
function groupSizes(current: number, limits: ModelLimits | null) {
  const fitting = limits === null ? USUAL_GROUPS : fittingGroupSizes(limits.linearColumns);
  const usual = USUAL_GROUPS.filter((size) => fitting.includes(size));
  const sizes = [...new Set([...usual, current])].filter((size) => size !== -1);
  return [...sizes.sort((a, b) => a - b), -1].map((size) => ({
    value: String(size),
    label: size === -1 ? 'One per row' : String(size),
  }));
}
