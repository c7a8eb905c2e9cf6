import type { ReactNode } from 'react';
import type { Recipe } from '../../shared/recipe.ts';
import { SWEPT_WORDS } from '../../shared/swept.ts';
import { LoraSettings } from './lora-settings.tsx';
import {
  NumberSetting,
  PaceSettings,
  SelectSetting,
  SettingsPart,
  SwitchSetting,
  TextSetting,
} from './settings.tsx';
import { withTuningData } from './tune-choice.ts';

type Tuning = Recipe['tuning'];

interface Props {
  readonly tuning: Tuning;
  readonly set: (next: Tuning) => void;
}

interface ExpertProps extends Props {
  /** Most virtual tokens that the model has positions for. */
  readonly room: number;
  /** Further settings of the prompts' tuning. */
  readonly children?: ReactNode;
}

/** Every setting of tuning that the cards leave out. */
export function TuneExpert({ tuning, room, set, children }: ExpertProps) {
  return (
    <>
      <SettingsPart title="Tuning the prompts">
        <DataSettings tuning={tuning} set={set} />
        <StartSettings tuning={tuning} set={set} />
        {children}
        <StepSettings tuning={tuning} set={set} />
        <BankSettings tuning={tuning} set={set} />
      </SettingsPart>
      <LoraSettings tuning={tuning} set={set} />
      <SettingsPart title="Further arms">
        <PrefixSettings tuning={tuning} room={room} set={set} />
        <TogetherSettings tuning={tuning} set={set} />
      </SettingsPart>
    </>
  );
}

const DATA = [
  { value: 'tasks', label: 'Questions of the tasks' },
  { value: 'starter', label: 'The starter’s plain text' },
  { value: 'own', label: 'A file or dataset of my own' },
] as const;
const OWN_TEXT = 'hub:org/name';

function DataSettings({ tuning, set }: Props) {
  const { data } = tuning;
  const source = data === 'tasks' ? 'tasks' : data.source === 'starter' ? 'starter' : 'own';
  const choose = (next: (typeof DATA)[number]['value']) => {
    const chosen = next === 'tasks' ? next : { source: next === 'own' ? OWN_TEXT : next };
    set(withTuningData(tuning, chosen));
  };
  return (
    <>
      <SelectSetting
        label="Tuned on"
        about="Questions teach answers; plain text teaches every next word, as the paper does."
        value={source}
        data={DATA}
        onChange={choose}
      />
      {data !== 'tasks' && source === 'own' && (
        <TextSetting
          label="Text or dataset"
          about="A file’s path, a dataset’s folder, or hub:org/name of one in the library."
          value={data.source}
          onChange={(path) => set(withTuningData(tuning, { source: path.trim() }))}
        />
      )}
    </>
  );
}

const STARTS = [
  { value: 'vocabulary', label: 'Words drawn from the vocabulary' },
  { value: 'text', label: 'A text of my own' },
] as const;
const FIRST_TEXT = 'Answer the question:';

function StartSettings({ tuning, set }: Props) {
  const text = tuning.init === 'vocabulary' ? null : tuning.init.slice('text:'.length);
  const setText = (next: string) => set({ ...tuning, init: `text:${next}` });
  return (
    <>
      <SelectSetting
        label="Prompts begin as"
        about="The tokens that tuning sets out from; seeds draw others."
        value={text === null ? 'vocabulary' : 'text'}
        data={STARTS}
        onChange={(start) =>
          start === 'text' ? setText(FIRST_TEXT) : set({ ...tuning, init: 'vocabulary' })
        }
      />
      {text !== null && (
        <TextSetting
          label="First words"
          about="Repeated until they fill the prompt."
          value={text}
          onChange={setText}
        />
      )}
    </>
  );
}

export const RateSetting = ({ tuning, set }: Props) => (
  <NumberSetting
    label="Learning rate"
    about={`How far each step goes; ${SWEPT_WORDS}.`}
    value={tuning.learningRate}
    min={0.000001}
    max={10}
    step={0.001}
    fraction
    onChange={(learningRate) => set({ ...tuning, learningRate })}
  />
);

function StepSettings({ tuning, set }: Props) {
  return (
    <>
      <NumberSetting
        label="Batch"
        about="Inputs in each step; more is steadier and slower."
        value={tuning.batch}
        min={1}
        max={4096}
        onChange={(batch) => set({ ...tuning, batch })}
      />
      <NumberSetting
        label="Warm-up steps"
        about="Steps over which the learning rate rises from zero."
        value={tuning.warmup}
        min={0}
        max={tuning.steps}
        onChange={(warmup) => set({ ...tuning, warmup })}
      />
      <NumberSetting
        label="Largest gradient"
        about="Longer gradients are shortened to this."
        value={tuning.clip}
        min={0.001}
        max={1000}
        step={0.1}
        fraction
        onChange={(clip) => set({ ...tuning, clip })}
      />
      <NumberSetting
        label="Weight decay"
        about="Pulls the prompt’s values gently towards zero."
        value={tuning.weightDecay}
        min={0}
        max={1}
        step={0.01}
        fraction
        onChange={(weightDecay) => set({ ...tuning, weightDecay })}
      />
    </>
  );
}

function BankSettings({ tuning, set }: Props) {
  const { bank } = tuning;
  return (
    <>
      <NumberSetting
        label="Steps on everything first"
        about="Prompts by tasks or kinds go on from one that all inputs have taught; 0 starts each anew."
        value={bank.warmStart}
        min={0}
        max={10_000_000}
        step={10}
        onChange={(warmStart) => set({ ...tuning, bank: { ...bank, warmStart } })}
      />
      <SwitchSetting
        label="All prompts in one pass"
        about="Each batch holds inputs of every prompt; needs prompts by tasks or kinds."
        value={bank.joint}
        onChange={(joint) =>
          set({ ...tuning, bank: { ...bank, joint, routing: joint ? bank.routing : 0 } })
        }
      />
      {bank.joint && (
        <NumberSetting
          label="Routing"
          about="How much prompts also learn to be attended to by their own inputs; needs IDP."
          value={bank.routing}
          min={0}
          max={100}
          step={0.1}
          fraction
          onChange={(routing) => set({ ...tuning, bank: { ...bank, routing } })}
        />
      )}
    </>
  );
}

function PrefixSettings({ tuning, room, set }: Props & { readonly room: number }) {
  const { prefix, tokens, steps } = tuning;
  const change = (next: Partial<NonNullable<Tuning['prefix']>>) =>
    prefix && set({ ...tuning, prefix: { ...prefix, ...next } });
  return (
    <>
      <SwitchSetting
        label="Prefix tuning"
        about="Keys and values are learned for every block: stronger than a prompt, and larger."
        value={prefix !== null}
        onChange={(on) =>
          set({ ...tuning, prefix: on ? { tokens, learningRate: 0.03, steps } : null })
        }
      />
      {prefix && (
        <>
          <NumberSetting
            label="Prefix tokens"
            about="Positions that every block gains."
            value={prefix.tokens}
            min={1}
            max={room}
            onChange={(next) => change({ tokens: next })}
          />
          <PaceSettings of="Prefix" what="the prefix" pace={prefix} onChange={change} />
        </>
      )}
    </>
  );
}

function TogetherSettings({ tuning, set }: Props) {
  const { together, steps } = tuning;
  const change = (next: Partial<NonNullable<Tuning['together']>>) =>
    together && set({ ...tuning, together: { ...together, ...next } });
  return (
    <>
      <SwitchSetting
        label="Bank and LoRA as one"
        about="Prompts and an adapter are tuned together; needs prompts by tasks or kinds."
        value={together !== null}
        onChange={(on) => set({ ...tuning, together: on ? { learningRate: 0.003, steps } : null })}
      />
      {together && (
        <PaceSettings of="Bank and LoRA" what="both" pace={together} onChange={change} />
      )}
    </>
  );
}
