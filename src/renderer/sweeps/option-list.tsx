import { Button, NumberInput, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { METHODS, methodName } from '../../shared/compression.ts';
import { type Change, withValue } from './draft.ts';

interface ListProps {
  readonly title: string;
  /** What one is called: "Compression 2". */
  readonly one: string;
  readonly options: readonly Change[];
  readonly fresh: Change;
  readonly change: (options: Change[]) => void;
  readonly fields: (option: Change, set: SetValue) => ReactNode;
  /** Keys that `fields` shows. */
  readonly shown: readonly string[];
}

type SetValue = (key: string, value: Change[string] | undefined) => void;

/** The options of one variable, each a row of fields; what a file says beyond them is kept. */
function OptionList({ title, one, options, fresh, change, fields, shown }: ListProps) {
  return (
    <fieldset className="card sweep-options">
      <legend className="card-title">{title}</legend>
      {options.map((option, index) => {
        const replace = (next: Change) => change(options.with(index, next));
        const more = Object.keys(option).filter((key) => !shown.includes(key));
        const label = `${one} ${index + 1}`;
        return (
          <fieldset key={index} className="sweep-option">
            <legend className="visually-hidden">{label}</legend>
            {fields(option, (key, value) => replace(withValue(option, key, value)))}
            <Button
              variant="default"
              aria-label={`Remove ${label.toLowerCase()}`}
              onClick={() => change(options.toSpliced(index, 1))}
            >
              Remove
            </Button>
            {more.length > 0 && <small>Also from the file: {more.join(', ')}</small>}
          </fieldset>
        );
      })}
      <Button variant="default" onClick={() => change([...options, fresh])}>
        Add {one.toLowerCase()}
      </Button>
    </fieldset>
  );
}

type Props = Pick<ListProps, 'options' | 'change'>;

const PRUNING = ['sparsegpt', 'wanda', 'magnitude'];

export const Compressions = (props: Props) => (
  <OptionList
    {...props}
    title="Compressions"
    one="Compression"
    fresh={{ method: 'gptq', bits: 4 }}
    shown={['method', 'bits', 'sparsity']}
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
          <Value label="Share of zeros" name="sparsity" option={option} set={set} />
        ) : (
          <Value label="Bits" name="bits" option={option} set={set} />
        )}
      </>
    )}
  />
);

export const Tunings = (props: Props) => (
  <OptionList
    {...props}
    title="Tunings"
    one="Tuning"
    fresh={{ tokens: 20 }}
    shown={['tokens', 'steps', 'learningRate']}
    fields={(option, set) => (
      <>
        <Value label="Prompt tokens" name="tokens" option={option} set={set} />
        <Value label="Steps" name="steps" option={option} set={set} />
        <Value label="Learning rate" name="learningRate" option={option} set={set} />
      </>
    )}
  />
);

interface ValueProps {
  readonly label: string;
  readonly name: string;
  readonly option: Change;
  readonly set: SetValue;
}

/** Left empty, the base's value holds. */
function Value({ label, name, option, set }: ValueProps) {
  const value = option[name];
  if (typeof value === 'string') return <span className="sweep-fixed">{`${label}: ${value}`}</span>;
  return (
    <NumberInput
      label={label}
      placeholder="the base’s"
      value={typeof value === 'number' ? value : ''}
      onChange={(next) => set(name, typeof next === 'number' ? next : undefined)}
    />
  );
}
