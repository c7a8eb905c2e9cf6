import { Button, NumberInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { flat } from '../../shared/change.ts';
import { spoken } from '../../shared/sweep.ts';
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
  readonly fields: (option: Change, set: SetValue, replace: (option: Change) => void) => ReactNode;
  /** Keys that `fields` shows. */
  readonly shown: readonly string[];
  /** Settings that most leave alone. */
  readonly folded?: (option: Change, replace: (option: Change) => void) => ReactNode;
}

/** What every list of options takes from the form. */
export type OptionsProps = Pick<ListProps, 'options' | 'change'>;

export type SetValue = (key: string, value: Change[string] | undefined) => void;

/** The options of one variable, each a row of fields; what an option says beyond them is told. */
export function OptionList({ title, about, one, options, fresh, ...rest }: ListProps) {
  const { change, fields, shown, folded } = rest;
  return (
    <section className="card sweep-options" aria-label={title}>
      <h2 className="card-title">{title}</h2>
      <p className="faint">{about}</p>
      {options.map((option, index) => {
        const replace = (next: Change) => change(options.with(index, next));
        const more = flat(option).filter(([path]) => !shown.includes(path));
        const label = `${one} ${index + 1}`;
        return (
          <fieldset key={index} className="sweep-option">
            <legend className="visually-hidden">{label}</legend>
            {fields(option, (key, value) => replace(withValue(option, key, value)), replace)}
            <Button
              variant="default"
              aria-label={`Remove ${label.toLowerCase()}`}
              onClick={() => change(options.toSpliced(index, 1))}
            >
              Remove
            </Button>
            {more.length > 0 && <small>Also: {spoken(more)}</small>}
            {folded && <div className="sweep-folded">{folded(option, replace)}</div>}
          </fieldset>
        );
      })}
      <Button variant="default" onClick={() => change([...options, fresh])}>
        Add {one.toLowerCase()}
      </Button>
    </section>
  );
}

interface ValueProps {
  readonly label: string;
  readonly name: string;
  readonly option: Change;
  readonly set: SetValue;
}

/** A number; left empty, the base's holds. */
export function Value({ label, name, option, set }: ValueProps) {
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
