import { mostPromptTokens } from '../../shared/model-limits.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { useDraft } from './draft.ts';
import { Choice, Expert, NumberSetting } from './settings.tsx';

type Tuning = Recipe['tuning'];

export function TuneStep() {
  const { draft, recipe, setRecipe } = useDraft();
  const { limits } = draft;
  const { tuning, selector } = recipe;
  const set = (change: Partial<Tuning>) =>
    setRecipe({ ...recipe, tuning: { ...tuning, ...change } });
  return (
    <>
      <Choice
        label="What each prompt learns"
        value={tuning.bank.by}
        choices={[
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
        ]}
        onChange={(by) => set({ bank: { ...tuning.bank, by } })}
      />
      <div className="settings-grid">
        <NumberSetting
          label="Prompts in the bank"
          about="Each question keeps the one prompt that it attends to most."
          value={tuning.bank.count}
          min={1}
          max={16}
          onChange={(count) => set({ bank: { ...tuning.bank, count } })}
        />
        <NumberSetting
          label="Tokens per prompt"
          about="Learned tokens put before the question; more can say more and cost more."
          value={tuning.tokens}
          min={1}
          max={limits === null ? 256 : Math.min(256, mostPromptTokens(limits))}
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
      <Expert>
        <TuneExpert recipe={recipe} set={set} />
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
      </Expert>
    </>
  );
}

function TuneExpert({
  recipe: { tuning },
  set,
}: {
  recipe: Recipe;
  set: (change: Partial<Tuning>) => void;
}) {
  const { lora } = tuning;
  const setLora = (change: Partial<Tuning['lora']>) => set({ lora: { ...lora, ...change } });
  return (
    <>
      <NumberSetting
        label="Learning rate"
        about="How far each step goes."
        value={tuning.learningRate}
        min={0.000001}
        max={10}
        step={0.001}
        fraction
        onChange={(learningRate) => set({ learningRate })}
      />
      <NumberSetting
        label="Batch"
        about="Inputs in each step; more is steadier and slower."
        value={tuning.batch}
        min={1}
        max={4096}
        onChange={(batch) => set({ batch })}
      />
      <NumberSetting
        label="Warm-up steps"
        about="Steps over which the learning rate rises from zero."
        value={tuning.warmup}
        min={0}
        max={tuning.steps}
        onChange={(warmup) => set({ warmup })}
      />
      <NumberSetting
        label="Largest gradient"
        about="Longer gradients are shortened to this."
        value={tuning.clip}
        min={0.001}
        max={1000}
        step={0.1}
        fraction
        onChange={(clip) => set({ clip })}
      />
      <NumberSetting
        label="Weight decay"
        about="Pulls the prompt’s values gently towards zero."
        value={tuning.weightDecay}
        min={0}
        max={1}
        step={0.01}
        fraction
        onChange={(weightDecay) => set({ weightDecay })}
      />
      <NumberSetting
        label="LoRA rank"
        about="Size of the adapter that the prompts are compared with."
        value={lora.rank}
        min={1}
        max={1024}
        onChange={(rank) => setLora({ rank })}
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
        label="LoRA learning rate"
        about="How far each of its steps goes."
        value={lora.learningRate}
        min={0.000001}
        max={10}
        step={0.0005}
        fraction
        onChange={(learningRate) => setLora({ learningRate })}
      />
      <NumberSetting
        label="LoRA steps"
        about="How often the adapter is adjusted."
        value={lora.steps}
        min={1}
        max={100_000}
        step={50}
        onChange={(steps) => setLora({ steps })}
      />
    </>
  );
}
