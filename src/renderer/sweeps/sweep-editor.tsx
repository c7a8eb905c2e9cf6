import { Button, Group, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { modelName } from '../../shared/model-name.ts';
import { PRESET_NAMES, type PresetName } from '../../shared/presets.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { PageHeader } from '../components/page-header.tsx';
import { formatRoughly } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { useAction, useCall } from '../use-call.ts';
import { saveSweep, toJson, withOptions } from './draft.ts';
import { Compressions, Tunings } from './option-list.tsx';

interface Props {
  readonly sweep: Sweep;
  readonly change: (sweep: Sweep) => void;
}

/** How long the form must rest before its runs are worked out. */
const REST_MS = 400;

export function SweepEditor({ sweep, change }: Props) {
  const act = useAction();
  const [busy, setBusy] = useState(false);
  const [rested] = useDebouncedValue(sweep, REST_MS);
  const { called, retry } = useCall('sweeps.check', { sweep: toJson(rested) });
  const start = async () => {
    setBusy(true);
    const started = await act('sweeps.start', { sweep }, ['sweeps.list', 'runs.list']);
    setBusy(false);
    if (started !== undefined) goTo('sweeps', started.id);
  };
  return (
    <div className="page sweeps">
      <PageHeader
        title="New sweep"
        actions={
          <>
            <Button variant="default" onClick={() => saveSweep(sweep)}>
              Save recipe
            </Button>
            <Button
              loading={busy}
              disabled={called.state !== 'ready' || rested !== sweep}
              onClick={start}
            >
              Start sweep
            </Button>
          </>
        }
      >
        Every combination of what stands below is a run.
      </PageHeader>
      <Common sweep={sweep} change={change} />
      <Compressions
        options={sweep.vary.compression ?? []}
        change={(options) => change(withOptions(sweep, 'compression', options))}
      />
      <Tunings
        options={sweep.vary.tuning ?? []}
        change={(options) => change(withOptions(sweep, 'tuning', options))}
      />
      {called.state === 'waiting' && <Waiting what="Working out the runs…" />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <section className="card" aria-label="Runs">
          <h2 className="card-title">
            {`${counted(called.value.labels.length)}, ${formatRoughly(called.value.seconds)}`}
          </h2>
          <ul>
            {called.value.labels.map((label) => (
              <li key={label}>{label}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** The library's models, and the one that a file names. */
function useModels(own: string) {
  const { called } = useCall('library.list', { removed: false });
  const known = called.state === 'ready' ? called.value.models : [];
  const names = new Map(known.map(({ model, name }) => [model, name]));
  if (!names.has(own)) names.set(own, modelName(own));
  return [...names].map(([value, label]) => ({ value, label }));
}

const counted = (runs: number) => (runs === 1 ? '1 run' : `${runs} runs`);

/** What all runs share. */
function Common({ sweep, change }: Props) {
  const ofFile = typeof sweep.base === 'string' ? [] : [{ value: 'file', label: 'The file’s own' }];
  const { base, vary } = sweep;
  const common = typeof base === 'string' ? 'starter' : String(base['model']);
  const model = vary.model?.[0] ?? common;
  const models = useModels(model);
  return (
    <Group align="start" grow preventGrowOverflow={false}>
      <TextInput
        label="Name"
        maxLength={80}
        value={sweep.name}
        onChange={(event) => change({ ...sweep, name: event.currentTarget.value })}
      />
      <Select
        label="Base recipe"
        allowDeselect={false}
        data={[...PRESET_NAMES.map((name) => ({ value: name as string, label: name })), ...ofFile]}
        value={typeof sweep.base === 'string' ? sweep.base : 'file'}
        onChange={(base) =>
          base !== null && base !== 'file' && change({ ...sweep, base: base as PresetName })
        }
      />
      <Select
        label="Model"
        allowDeselect={false}
        disabled={(sweep.vary.model?.length ?? 0) > 1}
        data={models}
        value={model}
        onChange={(next) => next !== null && change(withOptions(sweep, 'model', [next]))}
      />
      <NumberInput
        label="Seeds per run"
        placeholder="the base’s"
        min={1}
        max={20}
        value={sweep.vary.repeats?.[0] ?? ''}
        onChange={(seeds) =>
          change(withOptions(sweep, 'repeats', typeof seeds === 'number' ? [seeds] : []))
        }
      />
    </Group>
  );
}
