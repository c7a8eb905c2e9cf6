import { Button, NumberInput, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { BITS, METHODS, methodName } from '../../shared/compression.ts';
import { type Change, withValue } from './draft.ts';

interface ListProps {
  readonly title: string;
  /** What is varied, in one sentence. */
  readonly about: string;
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
function OptionList({ title, about, one, options, fresh, change, fields, shown }: ListProps) {
  return (
    <section className="card sweep-options" aria-label={title}>
      <h2 className="card-title">{title}</h2>
      <p className="faint">{about}</p>
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
    </section>
  );
}

type Props = Pick<ListProps, 'options' | 'change'>;

const PRUNING = ['sparsegpt', 'wanda', 'magnitude'];

const SPARSITIES = ['0.3', '0.5', '0.6', '0.7', '2:4', '4:8'];

/** The usual choices, and the one that a file has. */
const withOwn = (usual: readonly string[], own: Change[string] | undefined) =>
  [...new Set([...usual, ...(own === undefined ? [] : [String(own)])])].map((value) => ({
    value,
    label: value.includes(':') ? value : `${100 * Number(value)}%`,
  }));

export const Compressions = (props: Props) => (
  <OptionList
    {...props}
    title="Compressions"
    about="How the weights are made smaller; each is a row of the matrix."
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
          <Select
            label="Zeros"
            data={withOwn(SPARSITIES, option['sparsity'])}
            value={String(option['sparsity'] ?? '')}
            placeholder="half"
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

export const Tunings = (props: Props) => (
  <OptionList
    {...props}
    title="Tunings"
    about="How prompts are learned. Each is tried on each compression; what is empty is as the base has it."
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
  return (
    <NumberInput
      label={label}
      placeholder="the base’s"
      value={typeof value === 'number' ? value : ''}
      onChange={(next) => set(name, typeof next === 'number' ? next : undefined)}
    />
  );
}
