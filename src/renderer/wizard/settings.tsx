import { Button, Checkbox, Collapse, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { DownIcon } from '../components/icons.tsx';

interface Setting {
  readonly label: string;
  /** What it does, in one sentence. */
  readonly about: string;
}

interface NumberProps extends Setting {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Whether fractions are allowed. */
  readonly fraction?: boolean;
  readonly onChange: (value: number) => void;
}

export function NumberSetting({ label, about, value, onChange, ...rest }: NumberProps) {
  const { min, max, step = 1, fraction = false } = rest;
  return (
    <NumberInput
      label={label}
      description={about}
      value={value}
      min={min}
      max={max}
      step={step}
      allowDecimal={fraction}
      decimalScale={fraction ? 6 : 0}
      clampBehavior="blur"
      onChange={(next) => {
        if (typeof next === 'number' && next >= min && next <= max) onChange(next);
      }}
    />
  );
}

interface PaceProps {
  /** Begins both names: "Prefix", "Prefix learning rate". */
  readonly of: string;
  /** What is adjusted: "the prefix". */
  readonly what: string;
  readonly pace: { readonly learningRate: number; readonly steps: number };
  readonly onChange: (change: Partial<PaceProps['pace']>) => void;
}

/** How far and how often something is adjusted while it is tuned. */
export function PaceSettings({ of, what, pace, onChange }: PaceProps) {
  return (
    <>
      <NumberSetting
        label={`${of} learning rate`}
        about={`How far each step moves ${what}.`}
        value={pace.learningRate}
        min={0.000001}
        max={10}
        step={0.001}
        fraction
        onChange={(learningRate) => onChange({ learningRate })}
      />
      <NumberSetting
        label={`${of} steps`}
        about={`How often ${what} can be adjusted.`}
        value={pace.steps}
        min={1}
        max={100_000}
        step={50}
        onChange={(steps) => onChange({ steps })}
      />
    </>
  );
}

export function SwitchSetting(
  props: Setting & { readonly value: boolean; readonly onChange: (value: boolean) => void },
) {
  return (
    <Switch
      label={props.label}
      description={props.about}
      checked={props.value}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}

export function SelectSetting<T extends string>(
  props: Setting & {
    readonly value: T;
    readonly data: readonly { readonly value: T; readonly label: string }[];
    readonly onChange: (value: T) => void;
  },
) {
  return (
    <Select
      label={props.label}
      description={props.about}
      data={[...props.data]}
      value={props.value}
      allowDeselect={false}
      onChange={(value) => value !== null && props.onChange(value as T)}
    />
  );
}

/** What is written counts once the field is left, and only if it is something. */
export function TextSetting(
  props: Setting & { readonly value: string; readonly onChange: (value: string) => void },
) {
  const [text, setText] = useState(props.value);
  const settle = () => {
    if (text.trim() === '') setText(props.value);
    else if (text !== props.value) props.onChange(text);
  };
  return (
    <TextInput
      label={props.label}
      description={props.about}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={settle}
    />
  );
}

/** Any of a list, each with a sentence of its own. */
export function ManySetting<T extends string>(
  props: Setting & {
    readonly value: readonly T[];
    readonly data: readonly {
      readonly value: T;
      readonly label: string;
      readonly about?: string;
    }[];
    readonly onChange: (value: T[]) => void;
  },
) {
  return (
    <Checkbox.Group
      className="many"
      label={props.label}
      description={props.about}
      value={[...props.value]}
      onChange={(value) => props.onChange(value as T[])}
    >
      <div className={props.data.some(({ about }) => about) ? 'many-list' : 'many-list short'}>
        {props.data.map(({ value, label, about }) => (
          <Checkbox key={value} value={value} label={label} description={about} />
        ))}
      </div>
    </Checkbox.Group>
  );
}

/** Settings of one thing, under its name. */
export function SettingsPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="settings-part">
      <h2>{title}</h2>
      <div className="settings-grid">{children}</div>
    </section>
  );
}

interface ExpertProps {
  readonly title?: string;
  /** Whether it begins unfolded. */
  readonly opened?: boolean;
  /** Whether the children come with headings of their own. */
  readonly parts?: boolean;
  readonly children: ReactNode;
}

/** Settings that most readers leave alone, folded away. */
export function Expert({ title = 'Expert settings', parts = false, ...rest }: ExpertProps) {
  const [opened, setOpened] = useState(rest.opened ?? false);
  const { children } = rest;
  return (
    <div className="expert">
      <Button
        variant="subtle"
        size="compact-sm"
        aria-expanded={opened}
        rightSection={<DownIcon size={16} />}
        onClick={() => setOpened(!opened)}
      >
        {title}
      </Button>
      <Collapse expanded={opened}>
        {parts ? children : <div className="settings-grid">{children}</div>}
      </Collapse>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T | null;
  readonly choices: readonly {
    readonly value: T;
    readonly title: string;
    readonly text: ReactNode;
    readonly note?: ReactNode;
    readonly disabled?: boolean;
  }[];
  readonly onChange: (value: T) => void;
}

/** A few large cards of which one is chosen; native radio buttons carry keyboard and names. */
export function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  const group = useId();
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{label}</legend>
      {choices.map(({ value: option, title, text, note, disabled = false }) => (
        <label key={option} className={disabled ? 'choice-card off' : 'choice-card'}>
          <input
            type="radio"
            name={group}
            value={option}
            checked={option === value}
            disabled={disabled}
            onChange={() => onChange(option)}
          />
          <span className="choice-title">{title}</span>
          <span className="choice-text">{text}</span>
          {note && <span className="choice-note">{note}</span>}
        </label>
      ))}
    </fieldset>
  );
}
