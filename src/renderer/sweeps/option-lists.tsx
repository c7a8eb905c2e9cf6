import { MultiSelect, Select } from '@mantine/core';
import { BITS, METHODS, methodName } from '../../shared/compression.ts';
import type { Recipe, SelectorRecipe } from '../../shared/recipe.ts';
import { useCall } from '../use-call.ts';
import {
  choiceOf,
  SELECTORS,
  type SelectorChoice,
  selectorFor,
} from '../wizard/selector-choice.ts';
import { applied, type Change, withValue } from './draft.ts';
import { OptionList, type OptionsProps, Value } from './option-list.tsx';
import { CompressionMore, TuningMore } from './option-more.tsx';

interface BasedProps extends OptionsProps {
  /** What the options change; null where a file's is none. */
  readonly base: Recipe | null;
}

const PRUNING = ['sparsegpt', 'wanda', 'magnitude'];

const SPARSITIES = ['0.3', '0.5', '0.6', '0.7', '2:4', '4:8'];

const shareLabel = (value: string) => (value.includes(':') ? value : `${100 * Number(value)}%`);

/** The usual choices, and the one that a file has. */
const withOwn = (usual: readonly string[], own: Change[string] | undefined) =>
  [...new Set([...usual, ...(own === undefined ? [] : [String(own)])])].map((value) => ({
    value,
    label: shareLabel(value),
  }));

/** Zeros of an option that leaves them to the base, which may not prune itself. */
function sparsityWithout(base: Recipe | null, option: Change): string {
  const start = base && applied(base, 'compression', withValue(option, 'sparsity', undefined));
  return start && 'sparsity' in start.value ? shareLabel(String(start.value.sparsity)) : '';
}

export const Compressions = ({ base, ...props }: BasedProps) => (
  <OptionList
    {...props}
    title="Compressions"
    about="How the weights are made smaller; each is a row of the matrix."
    one="Compression"
    fresh={{ method: 'gptq', bits: 4 }}
    shown={['method', 'bits', 'sparsity']}
    folded={(option, replace) => <CompressionMore base={base} option={option} replace={replace} />}
    fields={(option, set) => (
      <>
        <Select
          label="Method"
          placeholder="the base’s"
          data={METHODS.map((method) => ({ value: method, label: methodName(method) }))}
          value={typeof option['method'] === 'string' ? option['method'] : null}
          onChange={(method) => set('method', method ?? undefined)}
        />
        {PRUNING.includes(String(option['method'])) ? (
          <Select
            label="Zeros"
            data={withOwn(SPARSITIES, option['sparsity'])}
            value={String(option['sparsity'] ?? '')}
            placeholder={sparsityWithout(base, option)}
            onChange={(share) =>
              set('sparsity', share?.includes(':') ? share : share ? Number(share) : undefined)
            }
          />
        ) : (
          <Select
            label="Bits"
            data={BITS.map(String)}
            value={option['bits'] === undefined ? null : String(option['bits'])}
            placeholder="the base’s"
            onChange={(bits) => set('bits', bits === null ? undefined : Number(bits))}
          />
        )}
      </>
    )}
  />
);

export const Tunings = ({ base, ...props }: BasedProps) => (
  <OptionList
    {...props}
    title="Tunings"
    about="How prompts are learned. Each is tried on each compression; what is empty is as the base has it."
    one="Tuning"
    fresh={{ tokens: 20 }}
    shown={['tokens', 'steps', 'learningRate']}
    folded={(option, replace) => <TuningMore base={base} option={option} replace={replace} />}
    fields={(option, set) => (
      <>
        <Value label="Prompt tokens" name="tokens" option={option} set={set} />
        <Value label="Steps" name="steps" option={option} set={set} />
        <Value label="Learning rate" name="learningRate" option={option} set={set} />
      </>
    )}
  />
);

export const Selectors = (props: OptionsProps) => (
  <OptionList
    {...props}
    title="Selectors"
    about="How the bank chooses a prompt for each input. The bank is tuned anew for each; a run’s “also tried” selectors cost less."
    one="Selector"
    fresh={{ ...SELECTORS[0].make }}
    shown={['kind', 'layer', 'keys', 'rank']}
    fields={(option, set, replace) => (
      <>
        <Select
          label="Selector"
          placeholder="the base’s"
          allowDeselect={false}
          data={[...SELECTORS]}
          value={typeof option['kind'] === 'string' ? choiceOf(option as SelectorRecipe) : null}
          onChange={(choice) =>
            choice !== null && replace({ ...selectorFor(choice as SelectorChoice) })
          }
        />
        {'layer' in option && <Value label="Block" name="layer" option={option} set={set} />}
        {'rank' in option && <Value label="Rank" name="rank" option={option} set={set} />}
      </>
    )}
  />
);

export const Evaluations = (props: OptionsProps) => {
  const { called } = useCall('tasks.list', {});
  const tasks = called.state === 'ready' ? called.value : [];
  return (
    <OptionList
      {...props}
      title="Questions"
      about="What the arms are asked. What is empty is as the base has it."
      one="Set of questions"
      fresh={{ itemsPerTask: 100 }}
      shown={['tasks', 'itemsPerTask', 'textTokens']}
      fields={(option, set) => {
        const chosen = Array.isArray(option['tasks']) ? option['tasks'].map(String) : [];
        return (
          <>
            <MultiSelect
              className="sweep-tasks"
              label="Tasks"
              placeholder={
                chosen.length > 0 ? '' : option['tasks'] === 'all' ? 'all' : 'the base’s'
              }
              data={withNames(tasks, chosen)}
              value={chosen}
              onChange={(next) => set('tasks', next.length === 0 ? undefined : next)}
            />
            <Value label="Questions per task" name="itemsPerTask" option={option} set={set} />
            <Value label="Text tokens" name="textTokens" option={option} set={set} />
          </>
        );
      }}
    />
  );
};

/** The starter's tasks by their titles, and what a file names beyond them. */
function withNames(
  tasks: readonly { readonly name: string; readonly title: string }[],
  chosen: readonly string[],
) {
  const known = tasks.map(({ name, title }) => ({ value: name, label: title }));
  const own = chosen.filter((name) => !tasks.some((task) => task.name === name));
  return [...known, ...own.map((name) => ({ value: name, label: name }))];
}
