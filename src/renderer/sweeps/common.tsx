import { MultiSelect, Select, TagsInput, TextInput } from '@mantine/core';
import { modelName } from '../../shared/model-name.ts';
import { PRESET_NAMES, type PresetName } from '../../shared/presets.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { useCall } from '../use-call.ts';
import { withOptions } from './draft.ts';

interface Props {
  readonly sweep: Sweep;
  readonly change: (sweep: Sweep) => void;
}

/** Name and base of the sweep, and its models. */
export function Common({ sweep, change }: Props) {
  const { base, vary, name } = sweep;
  const own = typeof base === 'string' ? [] : [{ value: 'own', label: 'A recipe of its own' }];
  const chosen = vary.model ?? [typeof base === 'string' ? 'starter' : String(base['model'])];
  return (
    <section className="card" aria-label="What all runs share">
      <div className="settings-grid">
        <TextInput
          label="Name"
          maxLength={80}
          value={name}
          error={name.trim() === '' && 'A sweep needs a name.'}
          onChange={(event) => change({ ...sweep, name: event.currentTarget.value })}
        />
        <Select
          label="Base recipe"
          description="What all runs have in common."
          allowDeselect={false}
          data={[
            ...PRESET_NAMES.map((preset) => ({ value: preset, label: PRESETS[preset] })),
            ...own,
          ]}
          value={typeof base === 'string' ? base : 'own'}
          onChange={(next) =>
            next !== null && next !== 'own' && change({ ...sweep, base: next as PresetName })
          }
        />
        <MultiSelect
          label="Models"
          description="Each is a row of its own."
          data={useModels(chosen)}
          value={chosen}
          onChange={(models) => change(withOptions(sweep, 'model', models))}
        />
      </div>
    </section>
  );
}

const PRESETS: Readonly<Record<PresetName, string>> = {
  quick: 'Quick',
  balanced: 'Balanced',
  careful: 'Careful',
};

/** The library's models, and those that a file names. */
function useModels(own: readonly string[]) {
  const { called } = useCall('library.list', { removed: false });
  const known = called.state === 'ready' ? called.value.models : [];
  const names = new Map(known.map(({ model, name }) => [model, name]));
  for (const model of own) if (!names.has(model)) names.set(model, modelName(model));
  return [...names].map(([value, label]) => ({ value, label }));
}

/** How often and from which seeds everything is repeated. */
export function Seeds({ sweep, change }: Props) {
  return (
    <section className="card" aria-label="Seeds">
      <h2 className="card-title">Seeds</h2>
      <div className="settings-grid">
        <Numbers
          label="Seeds per run"
          about="So many seeds are pooled into a run’s numbers. Several of these are rows of their own."
          min={1}
          values={sweep.vary.repeats ?? []}
          onChange={(repeats) => change(withOptions(sweep, 'repeats', repeats))}
        />
        <Numbers
          label="First seeds"
          about="Each is a row of its own, to see how much chance there is in it."
          min={0}
          values={sweep.vary.seed ?? []}
          onChange={(seeds) => change(withOptions(sweep, 'seed', seeds))}
        />
      </div>
    </section>
  );
}

interface NumbersProps {
  readonly label: string;
  readonly about: string;
  readonly min: number;
  readonly values: readonly number[];
  readonly onChange: (values: number[]) => void;
}

/** Whole numbers, each entered on its own; what is none is not taken. */
const Numbers = ({ label, about, min, values, onChange }: NumbersProps) => (
  <TagsInput
    label={label}
    description={about}
    placeholder={values.length === 0 ? 'the base’s; Enter after each' : ''}
    inputMode="numeric"
    value={values.map(String)}
    onChange={(texts) =>
      onChange(texts.filter((text) => /^\d{1,9}$/.test(text) && Number(text) >= min).map(Number))
    }
  />
);
