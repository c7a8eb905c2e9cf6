import type { Recipe } from '../../shared/recipe.ts';
import { useDraft } from './draft.ts';
import { Choice, Expert, NumberSetting, SelectSetting, SwitchSetting } from './settings.tsx';

type Compression = Recipe['compression'];

const BITS = [
  { value: '8', title: '8 bits', text: 'Half of 16-bit weights; hardly any loss.' },
  { value: '4', title: '4 bits', text: 'A quarter; a small loss.' },
  {
    value: '3',
    title: '3 bits',
    text: 'Smaller on disk, but computed as 4 bits: no smaller in memory.',
  },
  { value: '2', title: '2 bits', text: 'An eighth; a large loss, with much to mend.' },
] as const;

export function CompressStep() {
  const { recipe, setRecipe } = useDraft();
  const { compression } = recipe;
  const set = (change: Partial<Compression>) =>
    setRecipe({ ...recipe, compression: { ...compression, ...change } });
  return (
    <>
      <Choice
        label="Bits for each weight"
        value={String(compression.bits)}
        choices={BITS}
        onChange={(bits) => set({ bits: Number(bits) as Compression['bits'] })}
      />
      <Expert>
        <CompressExpert compression={compression} set={set} />
      </Expert>
    </>
  );
}

function CompressExpert({
  compression,
  set,
}: {
  compression: Compression;
  set: (change: Partial<Compression>) => void;
}) {
  const { calibration } = compression;
  return (
    <>
      <SelectSetting
        label="Method"
        about="GPTQ corrects each rounding by the columns still to come; plain rounding does not."
        value={compression.method}
        data={[
          { value: 'gptq', label: 'GPTQ' },
          { value: 'rtn', label: 'Plain rounding' },
        ]}
        onChange={(method) => set({ method })}
      />
      <SelectSetting
        label="Group size"
        about="Weights that share a scale; smaller groups lose less and take more room."
        value={String(compression.groupSize)}
        data={groupSizes(compression.groupSize)}
        onChange={(size) => set({ groupSize: Number(size) })}
      />
      <SwitchSetting
        label="Symmetric"
        about="Values lie evenly around zero, without an offset for each group."
        value={compression.symmetric}
        onChange={(symmetric) => set({ symmetric })}
      />
      <SwitchSetting
        label="Best range"
        about="Each group’s range shrinks to the one with the least error."
        value={compression.mse}
        onChange={(mse) => set({ mse })}
      />
      <SwitchSetting
        label="Important columns first"
        about="GPTQ quantises the columns with the largest inputs first."
        value={compression.actOrder}
        onChange={(actOrder) => set({ actOrder })}
      />
      <SwitchSetting
        label="Static groups"
        about="Groups’ scales are set before the columns are reordered."
        value={compression.staticGroups}
        onChange={(staticGroups) => set({ staticGroups })}
      />
      <NumberSetting
        label="Damping"
        about="Added to the curvature so that it can be inverted; more is safer and less exact."
        value={compression.damping}
        min={0.0001}
        max={1}
        step={0.005}
        fraction
        onChange={(damping) => set({ damping })}
      />
      <NumberSetting
        label="Calibration samples"
        about="Pieces of text that show GPTQ which weights matter."
        value={calibration.samples}
        min={1}
        max={100_000}
        onChange={(samples) => set({ calibration: { ...calibration, samples } })}
      />
      <NumberSetting
        label="Tokens per sample"
        about="Length of each piece of calibration text."
        value={calibration.length}
        min={1}
        max={8192}
        onChange={(length) => set({ calibration: { ...calibration, length } })}
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
