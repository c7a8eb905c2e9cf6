import type { ModelLimits } from '../../shared/model-limits.ts';
import type { Recipe } from '../../shared/recipe.ts';
import {
  choiceOf,
  furtherSelectors,
  SELECTORS,
  type SelectorChoice,
  selectorFor,
} from './selector-choice.ts';
import { ManySetting, NumberSetting, SelectSetting, SettingsPart } from './settings.tsx';

interface Props {
  readonly recipe: Recipe;
  readonly limits: ModelLimits | null;
  readonly setRecipe: (recipe: Recipe) => void;
}

/** How the prompt is chosen for an input, and what else is tried on the same bank. */
export function SelectorSettings({ recipe, limits, setRecipe }: Props) {
  const { selector, selectors } = recipe;
  const own = choiceOf(selector);
  const choose = (choice: SelectorChoice) => {
    const next = selectorFor(choice, selectors);
    const further = selectors.map(choiceOf);
    setRecipe({
      ...recipe,
      selector: next,
      selectors: furtherSelectors(further, selectors, next),
    });
  };
  return (
    <SettingsPart title="Choosing a prompt for each input">
      <SelectSetting
        label="Selector"
        about={SELECTORS.find(({ value }) => value === own)!.about}
        value={own}
        data={SELECTORS}
        onChange={choose}
      />
      {'layer' in selector && (
        <NumberSetting
          label="Selector’s layer"
          about="The block whose attention chooses the prompt; −1 is the last."
          value={selector.layer}
          min={limits === null ? -1000 : -limits.layers}
          max={limits === null ? 1000 : limits.layers - 1}
          onChange={(layer) => setRecipe({ ...recipe, selector: { ...selector, layer } })}
        />
      )}
      {selector.kind === 'mixture' && (
        <NumberSetting
          label="Mixture’s rank"
          about="Width of the small network that weighs the prompts."
          value={selector.rank}
          min={1}
          max={1024}
          onChange={(rank) => setRecipe({ ...recipe, selector: { ...selector, rank } })}
        />
      )}
      <ManySetting
        label="Also tried on the same bank"
        about="Costs no more tuning of prompts, only more questions."
        value={[...new Set(selectors.map(choiceOf))]}
        data={SELECTORS.filter(({ value }) => value !== own)}
        onChange={(choices) =>
          setRecipe({ ...recipe, selectors: furtherSelectors(choices, selectors, selector) })
        }
      />
    </SettingsPart>
  );
}
