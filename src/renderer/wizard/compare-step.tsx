import { Box, Checkbox, Group, Text } from '@mantine/core';
import type { TaskInfo } from '../../shared/contract/wizard.ts';
import { FULL_ANALYSIS } from '../../shared/presets.ts';
import type { Device, Recipe } from '../../shared/recipe.ts';
import { formatCount } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { AnalysisSettings } from './analysis-settings.tsx';
import { useDraft } from './draft.ts';
import { OwnFile } from './own-file.tsx';
import { Expert, NumberSetting, SelectSetting, SettingsPart, SwitchSetting } from './settings.tsx';
import { isOwnTask, withTasks } from './task-choice.ts';

type Evaluation = Recipe['evaluation'];

export function CompareStep() {
  const { recipe, setRecipe } = useDraft();
  const { model } = recipe;
  const { called, retry } = useCall('tasks.list', {});
  const set = (change: Partial<Evaluation>) =>
    setRecipe({ ...recipe, evaluation: { ...recipe.evaluation, ...change } });
  return (
    <>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <>
          <TaskList tasks={called.value} recipe={recipe} setRecipe={setRecipe} />
          <OwnFile starter={called.value.map(({ name }) => name)} />
        </>
      )}
      <div className="settings-grid">
        <NumberSetting
          label="Questions per task"
          about="At most this many held-out questions of each task."
          value={recipe.evaluation.itemsPerTask}
          min={1}
          max={1_000_000}
          step={50}
          onChange={(itemsPerTask) => set({ itemsPerTask })}
        />
        <NumberSetting
          label="Seeds"
          about="Tuning is repeated with so many seeds, and the intervals cover them."
          value={recipe.repeats}
          min={1}
          max={20}
          onChange={(repeats) => setRecipe({ ...recipe, repeats })}
        />
      </div>
      <Box mt="lg">
        <SwitchSetting
          label="Find out whether it was forgotten or displaced"
          about={`Also asks facts that were tuned on, ${model === 'starter' ? 'repeats the repair on a model that never knew the facts, ' : ''}and compares the models block by block. The time on this machine includes it.`}
          value={recipe.analysis !== null}
          onChange={(on) => setRecipe({ ...recipe, analysis: on ? FULL_ANALYSIS : null })}
        />
      </Box>
      <Expert parts>
        <SettingsPart title="How it is measured">
          <CompareExpert recipe={recipe} setRecipe={setRecipe} set={set} />
        </SettingsPart>
        {recipe.analysis && (
          <AnalysisSettings
            analysis={recipe.analysis}
            onChange={(analysis) => setRecipe({ ...recipe, analysis })}
          />
        )}
      </Expert>
    </>
  );
}

interface TaskListProps {
  readonly tasks: readonly TaskInfo[];
  readonly recipe: Recipe;
  readonly setRecipe: (recipe: Recipe) => void;
}

function TaskList({ tasks, recipe, setRecipe }: TaskListProps) {
  const names = tasks.map(({ name }) => name);
  const chosen = recipe.evaluation.tasks === 'all' ? names : recipe.evaluation.tasks;
  const toggle = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((x) => x !== name) : [...chosen, name];
    if (next.length > 0) setRecipe(withTasks(recipe, next, names));
  };
  const own = chosen.filter(isOwnTask);
  return (
    <fieldset className="tasks">
      <legend>Starter tasks</legend>
      {tasks.map(({ name, title, description, train, heldout, example }) => (
        <Checkbox
          key={name}
          checked={chosen.includes(name)}
          disabled={chosen.length === 1 && chosen.includes(name)}
          onChange={() => toggle(name)}
          label={
            <>
              {title}{' '}
              <Text span size="sm" c="dimmed">
                {formatCount(train)} to tune on, {formatCount(heldout)} to ask
              </Text>
            </>
          }
          description={
            <>
              {description} For example “{example.context.trim()}” →{' '}
              <strong>{example.answer}</strong>
            </>
          }
        />
      ))}
      {own.map((path) => (
        <Group key={path} gap="xs">
          <Checkbox
            checked
            disabled={chosen.length === 1}
            onChange={() => toggle(path)}
            label={path.split(/[/\\]/).at(-1)}
            description="Questions of your own; a fifth of them is held out."
          />
        </Group>
      ))}
    </fieldset>
  );
}

const DEVICES: readonly { readonly value: Device; readonly label: string }[] = [
  { value: 'auto', label: 'The fastest that works' },
  { value: 'cpu', label: 'Processor' },
  { value: 'webgpu', label: 'Graphics (WebGPU)' },
  { value: 'cuda', label: 'Graphics (CUDA)' },
];

function CompareExpert({
  recipe,
  setRecipe,
  set,
}: {
  recipe: Recipe;
  setRecipe: (recipe: Recipe) => void;
  set: (change: Partial<Evaluation>) => void;
}) {
  const { evaluation, device } = recipe;
  const known = DEVICES.some(({ value }) => value === device);
  return (
    <>
      <NumberSetting
        label="Text for perplexity"
        about="Tokens of held-out text; 0 leaves perplexity out."
        value={evaluation.textTokens}
        min={0}
        max={100_000_000}
        step={1024}
        onChange={(textTokens) => set({ textTokens })}
      />
      <NumberSetting
        label="Resamples"
        about="Bootstrap resamples behind every interval."
        value={evaluation.bootstrap}
        min={100}
        max={1_000_000}
        step={500}
        onChange={(bootstrap) => set({ bootstrap })}
      />
      <NumberSetting
        label="First seed"
        about="The same recipe and seed give the same numbers on this machine."
        value={recipe.seed}
        min={0}
        max={2 ** 31 - 1}
        onChange={(seed) => setRecipe({ ...recipe, seed })}
      />
      <SelectSetting
        label="Device"
        about="What computes; Settings lists what works here."
        value={device}
        data={known ? DEVICES : [...DEVICES, { value: device, label: device }]}
        onChange={(next) => setRecipe({ ...recipe, device: next })}
      />
      <NumberSetting
        label="Threads"
        about="Processor threads; 0 is all cores."
        value={recipe.threads}
        min={0}
        max={1024}
        onChange={(threads) => setRecipe({ ...recipe, threads })}
      />
    </>
  );
}
