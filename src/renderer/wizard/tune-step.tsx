import { mostPromptTokens } from '../../shared/model-limits.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { BankSettings } from './bank-settings.tsx';
import { useDraft } from './draft.ts';
import { SelectorSettings } from './selector-settings.tsx';
import { Expert, NumberSetting } from './settings.tsx';
import { RateSetting, TuneExpert } from './tune-expert.tsx';

export function TuneStep() {
  const { draft, recipe, setRecipe } = useDraft();
  const { limits } = draft;
  const { tuning } = recipe;
  const set = (next: Recipe['tuning']) => setRecipe({ ...recipe, tuning: next });
  const room = limits === null ? 256 : Math.min(256, mostPromptTokens(limits));
  return (
    <>
      <BankSettings recipe={recipe} set={set}>
        <NumberSetting
          label="Tokens per prompt"
          about="Learned tokens put before the question; more can say more and cost more."
          value={tuning.tokens}
          min={1}
          max={room}
          onChange={(tokens) => set({ ...tuning, tokens })}
        />
        <NumberSetting
          label="Steps"
          about="How often each prompt is adjusted."
          value={tuning.steps}
          min={1}
          max={100_000}
          step={50}
          onChange={(steps) => set({ ...tuning, steps, warmup: Math.min(tuning.warmup, steps) })}
        />
      </BankSettings>
      <Expert parts>
        <SelectorSettings recipe={recipe} limits={limits} setRecipe={setRecipe} />
        <TuneExpert tuning={tuning} room={room} set={set}>
          <RateSetting tuning={tuning} set={set} />
        </TuneExpert>
      </Expert>
    </>
  );
}
