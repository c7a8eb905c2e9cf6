import type { Recipe } from '../../shared/recipe.ts';
import {
  ManySetting,
  NumberSetting,
  PaceSettings,
  SelectSetting,
  SettingsPart,
  SwitchSetting,
} from './settings.tsx';
import { FURTHER_RANKS, withFurtherRanks, withRank } from './tune-choice.ts';

type Tuning = Recipe['tuning'];
type Lora = Tuning['lora'];

const TARGETS = [
  { value: 'default', label: 'Attention, as is usual' },
  { value: 'all-linear', label: 'Every linear layer' },
];

/** The adapters that the prompts are compared with. */
export function LoraSettings({ tuning, set }: { tuning: Tuning; set: (next: Tuning) => void }) {
  const { lora } = tuning;
  const setLora = (change: Partial<Lora>) => set({ ...tuning, lora: { ...lora, ...change } });
  const targets = lora.targets.join(', ');
  const known = TARGETS.some(({ value }) => value === targets);
  return (
    <SettingsPart title="LoRA, to compare with">
      <NumberSetting
        label="LoRA rank"
        about="Size of the adapter that the prompts are compared with."
        value={lora.rank}
        min={1}
        max={1024}
        onChange={(rank) => set(withRank(tuning, rank))}
      />
      <NumberSetting
        label="LoRA alpha"
        about="Scale of the adapter; usually twice its rank."
        value={lora.alpha}
        min={0.1}
        max={4096}
        fraction
        onChange={(alpha) => setLora({ alpha })}
      />
      <NumberSetting
        label="LoRA dropout"
        about="Share of the adapter’s inputs that is left out of a step, against overfitting."
        value={lora.dropout}
        min={0}
        max={0.99}
        step={0.05}
        fraction
        onChange={(dropout) => setLora({ dropout })}
      />
      <SelectSetting
        label="LoRA targets"
        about="The layers that are adapted; more of them can learn more and weigh more."
        value={targets}
        data={known ? TARGETS : [...TARGETS, { value: targets, label: targets }]}
        onChange={(next) => setLora({ targets: next.split(', ') })}
      />
      <PaceSettings of="LoRA" what="the adapter" pace={lora} onChange={setLora} />
      <SwitchSetting
        label="Rank-stabilised (rsLoRA)"
        about="Scale by the root of the rank, so that large ranks do not learn ever less."
        value={lora.rankStabilized}
        onChange={(rankStabilized) => setLora({ rankStabilized })}
      />
      <ManySetting
        label="Further ranks"
        about="Each is tuned as an arm of its own, with alpha in proportion."
        value={tuning.furtherLoras.map(({ rank }) => String(rank))}
        data={furtherRanks(tuning).map((rank) => ({ value: String(rank), label: String(rank) }))}
        onChange={(ranks) => set(withFurtherRanks(tuning, ranks.map(Number)))}
      />
    </SettingsPart>
  );
}

/** The usual ranks and those in use, but for the first adapter's. */
function furtherRanks({ lora, furtherLoras }: Tuning): number[] {
  const all = new Set([...FURTHER_RANKS, ...furtherLoras.map(({ rank }) => rank)]);
  return [...all].filter((rank) => rank !== lora.rank).toSorted((a, b) => a - b);
}
