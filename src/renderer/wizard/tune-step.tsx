import { mostPromptTokens } from '../../shared/model-limits.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { useCall } from '../use-call.ts';
import { useDraft } from './draft.ts';
import { SelectorSettings } from './selector-settings.tsx';
import { Choice, Expert, NumberSetting, SwitchSetting } from './settings.tsx';
import { withBankBy } from './tune-choice.ts';
import { TuneExpert } from './tune-expert.tsx';

type Bank = Recipe['tuning']['bank'];

const BANKS = [
  {
    value: 'seeds',
    title: 'Prompts of several starts',
    text: 'All learn from everything; each begins at other tokens, so they end up different.',
  },
  {
    value: 'family',
    title: 'A prompt for each group of tasks',
    text: 'Related tasks are put together, and each group tunes one prompt.',
  },
  {
    value: 'clusters',
    title: 'A prompt for each kind of input',
    text: 'Training inputs that look alike are put together, whatever their task.',
  },
  {
    value: 'length',
    title: 'Prompts of several lengths',
    text: 'All learn from everything; each has half of the next one’s tokens.',
  },
] as const;

export function TuneStep() {
  const { draft, recipe, setRecipe } = useDraft();
  const { limits } = draft;
  const { tuning } = recipe;
  const families = useFamilies(recipe);
  const set = (change: Partial<Recipe['tuning']>) =>
    setRecipe({ ...recipe, tuning: { ...tuning, ...change } });
  const setBank = (change: Partial<Bank>) => set({ bank: { ...tuning.bank, ...change } });
  const room = limits === null ? 256 : Math.min(256, mostPromptTokens(limits));
  return (
    <>
      <Choice
        label="What each prompt learns"
        value={tuning.bank.by}
        choices={BANKS}
        onChange={(by) => set(withBankBy(tuning, by, families))}
      />
      <div className="settings-grid">
        {tuning.bank.by === 'clusters' && (
          <SwitchSetting
            label="As many prompts as there are kinds"
            about="The number of kinds that are easiest to tell apart (the best silhouette)."
            value={tuning.bank.count === 'auto'}
            onChange={(auto) => setBank({ count: auto ? 'auto' : 3 })}
          />
        )}
        {tuning.bank.count !== 'auto' && (
          <NumberSetting
            label="Prompts in the bank"
            about="Each question keeps one of them; how it is chosen is an expert setting."
            value={tuning.bank.count}
            min={1}
            max={tuning.bank.by === 'family' ? families : 256}
            onChange={(count) => setBank({ count })}
          />
        )}
        <NumberSetting
          label="Tokens per prompt"
          about="Learned tokens put before the question; more can say more and cost more."
          value={tuning.tokens}
          min={1}
          max={room}
          onChange={(tokens) => set({ tokens })}
        />
        <NumberSetting
          label="Steps"
          about="How often each prompt is adjusted."
          value={tuning.steps}
          min={1}
          max={100_000}
          step={50}
          onChange={(steps) => set({ steps, warmup: Math.min(tuning.warmup, steps) })}
        />
      </div>
      <Expert parts>
        <SelectorSettings recipe={recipe} limits={limits} setRecipe={setRecipe} />
        <TuneExpert
          tuning={tuning}
          room={room}
          set={(next) => setRecipe({ ...recipe, tuning: next })}
        />
      </Expert>
    </>
  );
}

/** Prompts that a bank by family can have: each needs a task of its own. */
function useFamilies({ tuning, evaluation: { tasks } }: Recipe): number {
  const { called } = useCall('tasks.list', {});
  if (tuning.data !== 'tasks') return 256;
  if (tasks !== 'all') return tasks.length;
  return called.state === 'ready' ? called.value.length : 256;
}
