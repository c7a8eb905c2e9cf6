import type { ReactNode } from 'react';
import type { Recipe } from '../../shared/recipe.ts';
import { useCall } from '../use-call.ts';
import { Choice, NumberSetting, SwitchSetting } from './settings.tsx';
import { withBankBy } from './tune-choice.ts';

type Tuning = Recipe['tuning'];

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

interface Props {
  readonly recipe: Recipe;
  readonly set: (next: Tuning) => void;
  /** Further settings beside the number of prompts. */
  readonly children?: ReactNode;
}

/** What each prompt of the bank is tuned on, and how many there are. */
export function BankSettings({ recipe, set, children }: Props) {
  const { tuning } = recipe;
  const { bank } = tuning;
  const families = useFamilies(recipe);
  const setCount = (count: Tuning['bank']['count']) => set({ ...tuning, bank: { ...bank, count } });
  return (
    <>
      <Choice
        label="What each prompt learns"
        value={bank.by}
        choices={BANKS}
        onChange={(by) => set(withBankBy(tuning, by, families))}
      />
      <div className="settings-grid">
        {bank.by === 'clusters' && (
          <SwitchSetting
            label="As many prompts as there are kinds"
            about="The number of kinds that are easiest to tell apart (the best silhouette)."
            value={bank.count === 'auto'}
            onChange={(auto) => setCount(auto ? 'auto' : 3)}
          />
        )}
        {bank.count !== 'auto' && (
          <NumberSetting
            label="Prompts in the bank"
            about="Each question keeps one of them; how it is chosen is an expert setting."
            value={bank.count}
            min={1}
            max={bank.by === 'family' ? families : 256}
            onChange={setCount}
          />
        )}
        {children}
      </div>
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
