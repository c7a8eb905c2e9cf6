import { FULL_ANALYSIS } from '../../shared/presets.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { NumberSetting, SettingsPart, SwitchSetting } from './settings.tsx';

type Analysis = NonNullable<Recipe['analysis']>;

interface Props {
  readonly analysis: Analysis;
  readonly onChange: (analysis: Recipe['analysis']) => void;
}

/** Which parts of the analysis a run makes, and on how much; without any there is none. */
export function AnalysisSettings({ analysis, onChange }: Props) {
  const { displaced, similarity, restore } = analysis;
  const set = (change: Partial<Analysis>) => {
    const next = { ...analysis, ...change };
    onChange(next.displaced || next.similarity || next.restore ? next : null);
  };
  return (
    <SettingsPart title="What is found out beside the comparison">
      <SwitchSetting
        label="Forgotten or displaced"
        about="Asks the facts that were tuned on too and, of the starter, repairs a model that never knew them."
        value={displaced}
        onChange={(on) => set({ displaced: on })}
      />
      <SwitchSetting
        label="How alike they work inside"
        about="Compares attention and activations with the original’s, block by block."
        value={similarity !== null}
        onChange={(on) => set({ similarity: on ? FULL_ANALYSIS.similarity : null })}
      />
      <SwitchSetting
        label="Where the damage sits"
        about="Puts original blocks back into the compressed model, one at a time."
        value={restore !== null}
        onChange={(on) => set({ restore: on ? FULL_ANALYSIS.restore : null })}
      />
      {similarity && (
        <NumberSetting
          label="Inputs compared inside"
          about="Held-out inputs whose attention and activations are compared."
          value={similarity.inputs}
          min={1}
          max={10_000}
          step={8}
          onChange={(inputs) => set({ similarity: { inputs } })}
        />
      )}
      {restore && (
        <NumberSetting
          label="Questions per restored block"
          about="At most so many of each task, for every block that is put back."
          value={restore.itemsPerTask}
          min={1}
          max={1_000_000}
          step={10}
          onChange={(itemsPerTask) => set({ restore: { itemsPerTask } })}
        />
      )}
    </SettingsPart>
  );
}
